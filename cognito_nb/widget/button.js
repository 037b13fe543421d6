/**
 * The button of one sign-in, in the browser.
 *
 * Rules of this file:
 * - The link is a real link, so it opens inside the click; no window is opened, watched or talked to.
 * - Nothing waits for an answer of the kernel: it may be blocked until the sign-in has ended.
 * - Every text is set as text, and only an http(s) address becomes a link.
 *
 * @typedef {object} View
 * @property {"waiting" | "error" | "ended"} [state]
 * @property {string} [start_path] the link as a path on the Jupyter server
 * @property {string} [start_url] the link as the kernel sees it
 * @property {string} [how] how the answer comes back
 * @property {string} [host] the host that asks for the password
 * @property {string} [user_pool]
 * @property {boolean} [blocking] whether a cell waits
 * @property {number} [now] the kernel's clock when it set this view, in seconds
 * @property {number} [deadline] when the link dies, by the kernel's clock
 * @property {string} [title]
 * @property {string} [cause]
 * @property {string} [next_step]
 * @property {boolean} [can_retry]
 */

const HINT_AFTER = 20; // seconds in which a sign-in usually comes back
const CLOCK_TOLERANCE = 30; // seconds a message may take before the two clocks are called different
const DISCONNECTED = "jupyter-widgets-disconnected"; // set by ipywidgets on a widget that never had a kernel
const KERNEL_LOST = ["restarting", "autorestarting", "dead"]; // what a kernel's connection says of it
const HINTS = [
  "The new tab was blocked or closed? Open it again.",
  "Cognito shows an error page, such as redirect_mismatch? " +
    "Compare the app client's callback URLs and scopes with your settings.",
];
const AGAIN = "Run %cognito_login again.";
const AGAIN_THERE = "Run the cell again, or reload the dashboard."; // of a button that stands alone

/**
 * Make an element with a class of ours.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} name
 * @param {string} [text]
 */
function element(tag, name, text = "") {
  const node = document.createElement(tag);
  node.className = `cognito-nb-${name}`;
  node.textContent = text;
  return node;
}

/**
 * Call back when the kernel is restarted, dies or is shut down, where the notebook tells of it. The class that
 * ipywidgets sets then does not come: anywidget drops the listener for it.
 * @param {any} model @param {() => void} call
 */
function onKernelLost(model, call) {
  const { statusChanged, disposed } = model.widget_manager?.kernel ?? {};
  const heard = (/** @type {any} */ _, status = "dead") => KERNEL_LOST.includes(status) && call();
  const signals = [statusChanged, disposed].filter(Boolean); // a shut down kernel's connection is only disposed of
  signals.forEach((signal) => signal.connect(heard));
  return () => signals.forEach((signal) => signal.disconnect(heard));
}

/**
 * Complete the link with the origin of this page; a page that no web server delivered (VS Code) has none.
 * @param {View} view
 * @returns {string | null}
 */
function linkOf(view) {
  const onServer = ["http:", "https:"].includes(location.protocol) && view.start_path;
  try {
    const url = onServer ? new URL(view.start_path ?? "", location.origin) : new URL(view.start_url ?? "");
    if (onServer && url.origin !== location.origin) return null;
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function clockFace(/** @type {number} */ seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** All nodes of one view, made once: what changes is their text, so focus and live regions stay. */
function skeleton() {
  const root = element("section", "button");
  root.classList.add("cognito-nb");
  root.setAttribute("aria-label", "Cognito sign-in");
  const spinner = element("span", "spinner");
  spinner.setAttribute("aria-hidden", "true");
  const title = element("strong", "title");
  const timer = element("span", "timer");
  timer.setAttribute("role", "timer"); // a role that screen readers do not read out every second
  const cause = element("p", "cause");
  const next = element("p", "next");
  const words = element("div", "words");
  words.setAttribute("role", "status");
  words.setAttribute("aria-live", "polite");
  words.append(title, cause, next);
  const head = element("div", "head");
  head.append(spinner, words, timer);

  const link = element("a", "link");
  link.target = "_blank";
  link.rel = "noopener";
  link.setAttribute("role", "link"); // still one while it has no address
  const retry = element("button", "retry", "Try again");
  const cancel = element("button", "cancel", "Cancel");
  retry.type = cancel.type = "button";
  const actions = element("div", "actions");
  actions.append(link, retry, cancel);
  const note = element("p", "note");
  const hint = element("ul", "hint");
  for (const text of HINTS) hint.append(element("li", "hint-row", text));
  root.append(head, actions, note, hint);
  return { root, spinner, title, timer, cause, next, link, retry, cancel, actions, note, hint };
}

/** Anywidget calls this once per model: what is kept here is shared by all views of one button. */
export default () => {
  let skew = 0; // this browser's clock minus the kernel's, in seconds
  let gone = false; // whether the kernel that waits for this sign-in is
  let openedPath = "";
  let openedAt = 0;
  /** @type {Set<() => void>} */
  const views = new Set();
  const now = () => Date.now() / 1000;

  return {
    initialize({ model }) {
      const compareClocks = () => {
        const sent = model.get("view").now;
        const apart = sent ? now() - sent : 0;
        skew = Math.abs(apart) > CLOCK_TOLERANCE ? apart : 0;
      };
      model.on("change:view", compareClocks); // a change comes from a live kernel, and at once
      const forget = onKernelLost(model, () => {
        gone = true;
        for (const each of views) each();
      });
      return () => {
        forget();
        model.off("change:view", compareClocks);
      };
    },

    render({ model, el }) {
      const { root, spinner, title, timer, cause, next, link, retry, cancel, actions, note, hint } = skeleton();
      el.append(root);

      /** @type {ReturnType<typeof setInterval> | undefined} */
      let ticking;
      let asked = ""; // the request that the kernel has not answered yet

      function update() {
        /** @type {View} */
        const view = model.get("view") ?? {};
        const offered = view.state === "waiting";
        const orphan = gone || el.classList.contains(DISCONNECTED);
        const expired = offered && !orphan && now() - skew >= (view.deadline ?? 0);
        const href = offered && !orphan && !expired ? linkOf(view) : null;
        const opened = href !== null && openedPath === (view.start_path || view.start_url);
        const elapsed = now() - openedAt;

        const said = offered && !orphan ? wordsOfLink(view, href, opened, expired) : wordsOf(view, orphan);
        setText(title, said[0]);
        setText(cause, said[1] ?? "");
        setText(next, said[2] ?? "");
        root.dataset.state = orphan ? "ended" : expired ? "expired" : opened ? "opened" : (view.state ?? "preparing");

        spinner.hidden = !opened;
        timer.hidden = !opened;
        setText(timer, opened ? clockFace(elapsed) : "");
        link.hidden = !(href || (expired && !view.can_retry));
        setText(link, opened ? "Open it again" : `Sign in at ${view.host ?? ""}`);
        link.classList.toggle("cognito-nb-primary", !opened);
        if (href) {
          link.href = href;
          link.removeAttribute("aria-disabled");
        } else {
          link.removeAttribute("href");
          link.setAttribute("aria-disabled", "true");
        }
        cancel.hidden = !href || Boolean(view.blocking);
        retry.hidden = orphan || !view.can_retry || !(expired || view.state === "error");
        cancel.disabled = asked === "cancel";
        retry.disabled = asked === "retry";
        actions.hidden = link.hidden && cancel.hidden && retry.hidden;
        setText(note, href ? noteOf(view, opened) : "");
        hint.hidden = !opened || elapsed < HINT_AFTER;

        const moving = offered && !orphan && !expired;
        if (moving && ticking === undefined) ticking = setInterval(update, 1000);
        if (!moving) stop();
      }

      function stop() {
        clearInterval(ticking);
        ticking = undefined;
      }

      /**
       * The click opens the link, unless the attempt to tell the kernel shows that it is gone.
       * @param {MouseEvent} event
       */
      function opening(event) {
        if (!link.href || event.button > 1) return;
        const view = model.get("view");
        openedPath = view.start_path || view.start_url;
        openedAt = now();
        tell("opened");
        if (gone) event.preventDefault();
        for (const each of views) each();
      }

      /** @param {"retry" | "cancel"} type */
      function ask(type) {
        asked = type;
        tell(type);
        update();
      }

      /** @param {"opened" | "retry" | "cancel"} type */
      function tell(type) {
        try {
          model.send({ type });
        } catch {
          gone = true; // where nobody tells of a restart, the comm no longer sends
        }
      }

      function changed() {
        asked = "";
        update();
      }

      link.addEventListener("click", opening);
      link.addEventListener("auxclick", opening);
      retry.addEventListener("click", () => ask("retry"));
      cancel.addEventListener("click", () => ask("cancel"));
      model.on("change:view", changed);
      const connection = new MutationObserver(update);
      connection.observe(el, { attributeFilter: ["class"] });
      views.add(update);
      update();

      return () => {
        stop();
        connection.disconnect();
        model.off("change:view", changed);
        views.delete(update);
        root.remove();
      };
    },
  };
};

/**
 * Say it again only when it has changed: a live region reads out what is set.
 * @param {HTMLElement} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
  node.classList.toggle("cognito-nb-empty", text === "");
}

/**
 * @param {View} view
 * @param {string | null} href
 * @param {boolean} opened
 * @param {boolean} expired
 * @returns {string[]} title, cause and next step
 */
function wordsOfLink(view, href, opened, expired) {
  if (expired && view.can_retry) return ["This link has expired.", "", "Try again brings a fresh one."];
  if (expired) return ["This sign-in has expired.", "", AGAIN];
  if (!href) return ["The sign-in's address cannot be opened from this page.", "", AGAIN];
  if (opened) return ["Waiting for your sign-in in the other tab…"];
  return [`Sign in to ${view.user_pool ?? "Cognito"}`];
}

/**
 * @param {View} view
 * @param {boolean} orphan
 * @returns {string[]} title, cause and next step
 */
function wordsOf(view, orphan) {
  if (view.state === "error") return [view.title ?? "The sign-in failed", view.cause ?? "", view.next_step ?? ""];
  if (orphan || view.state === "ended") return ["This sign-in has ended.", "", view.can_retry ? AGAIN_THERE : AGAIN];
  return ["Preparing the sign-in…"];
}

/** @param {View} view @param {boolean} opened */
function noteOf(view, opened) {
  const how = opened ? "" : `Opens in a new tab; the notebook goes on by itself. ${view.how ?? ""} `;
  return how + (view.blocking ? "To cancel, interrupt the kernel (■)." : "");
}
