/**
 * The session card, in the browser.
 *
 * Rules of this file:
 * - The facts come as messages and live in this page's memory only; without a kernel there is nothing to show.
 * - Every text is set as text, and only an http(s) address becomes a link.
 *
 * @typedef {object} Facts
 * @property {"signed-in" | "signed-out" | "expired" | "error"} [state]
 * @property {string} [name]
 * @property {string} [username]
 * @property {string} [email]
 * @property {string[]} [groups]
 * @property {string} [user_pool]
 * @property {string} [issuer_host]
 * @property {string[]} [scopes]
 * @property {string[]} [missing_scopes]
 * @property {number} [expires_at] by the kernel's clock, in seconds
 * @property {boolean} [can_refresh]
 * @property {string} [source]
 * @property {string | null} [remembered]
 * @property {Record<string, string>} [sources]
 * @property {string} [sign_out_url]
 * @property {string} [message]
 *
 * @typedef {"refresh" | "sign-out" | "sign-in"} Action
 */

const PATIENCE = 10; // seconds after which a silent kernel is called busy
const SOON = 300; // seconds before the end in which the user should know
const DISCONNECTED = "jupyter-widgets-disconnected"; // set by ipywidgets on a widget that never had a kernel
const KERNEL_LOST = ["restarting", "autorestarting", "dead"]; // what a kernel's connection says of it
const BUSY = "The kernel is busy: it answers when the running cell has finished.";
const TITLES = { "signed-in": "Signed in", "signed-out": "Signed out", expired: "Session expired", error: "Not signed in" };
/** @type {Record<Action, [string, string]>} what a button says, and what it says while the kernel works */
const LABELS = {
  refresh: ["Refresh", "Refreshing…"],
  "sign-out": ["Sign out", "Signing out…"],
  "sign-in": ["Sign in again", "Signing in…"],
};

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

/** @param {unknown} address */
function webAddress(address) {
  try {
    const url = new URL(String(address));
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** @param {number} seconds */
function inWords(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s left`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min left`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h left` : `${Math.floor(hours / 24)} days left`;
}

/**
 * @param {Facts} facts
 * @param {number} left seconds
 */
function lifeInWords(facts, left) {
  if (facts.can_refresh) return left > 0 ? `${inWords(left)}, renews by itself` : "renews with the next call";
  return left > 0 ? inWords(left) : "expired";
}

/** Anywidget calls this once per model: what is kept here is shared by all views of one card. */
export default () => {
  /** @type {Facts | null} */
  let facts = null;
  /** @type {Action[]} */
  let actions = [];
  let gone = false; // whether the kernel that knew this card is
  let expiresAt = 0; // by this browser's clock
  /** @type {{ action: Action | "hello" | null, since: number }} */
  let asked = { action: null, since: 0 };
  /** @type {Set<() => void>} */
  const views = new Set();
  const now = () => Date.now() / 1000;
  const changed = () => views.forEach((update) => update());
  const unanswered = () => asked.action !== null && now() - asked.since >= PATIENCE;

  /** @param {any} message */
  function receive(message) {
    if (message?.type !== "facts") return;
    facts = message.facts;
    actions = message.actions;
    expiresAt = (message.facts.expires_at ?? 0) - message.now + now();
    if (message.answers === asked.action || asked.action === "hello") asked = { action: null, since: 0 };
    changed();
  }

  return {
    // Anywidget holds messages back until this has run: the first one is not lost, however late the script loads.
    initialize({ model }) {
      model.on("msg:custom", receive);
      const forget = onKernelLost(model, () => {
        gone = true;
        changed();
      });
      return () => {
        forget();
        model.off("msg:custom", receive);
      };
    },

    render({ model, el }) {
      const root = element("section", "card");
      root.classList.add("cognito-nb");
      root.setAttribute("aria-label", "Cognito session");
      const status = element("p", "status");
      status.setAttribute("role", "status");
      status.setAttribute("aria-live", "polite");
      const body = element("div", "body");
      root.append(body, status);
      el.append(root);
      const timer = element("span", "life");
      timer.setAttribute("role", "timer"); // a role that screen readers do not read out every second
      /** @type {Map<Action, HTMLButtonElement>} */
      const buttons = new Map();
      /** @type {Facts | null | undefined} */
      let drawn;

      /** @param {Action | "hello"} action */
      function ask(action) {
        asked = { action, since: now() };
        try {
          model.send({ type: action });
        } catch {
          gone = true; // where nobody tells of a restart, the comm no longer sends
        }
        changed();
      }

      function update() {
        const orphan = gone || el.classList.contains(DISCONNECTED);
        root.dataset.state = orphan ? "ended" : (facts?.state ?? "preparing");
        if (orphan) facts = null; // what a dead kernel said about a person is not kept on the screen
        if (facts !== drawn) draw();
        const left = expiresAt - now();
        if (facts?.expires_at !== undefined) {
          timer.textContent = lifeInWords(facts, left);
          timer.classList.toggle("cognito-nb-soon", !facts.can_refresh && left <= SOON);
        }
        for (const [action, button] of buttons) {
          const waiting = asked.action === action && !unanswered();
          button.textContent = LABELS[action][waiting ? 1 : 0];
          button.disabled = asked.action !== null && asked.action !== "hello" && !unanswered();
        }
        const said = statusNow(orphan);
        if (status.textContent !== said) status.textContent = said;
        status.classList.toggle("cognito-nb-empty", said === "");
      }

      /** @param {boolean} orphan */
      function statusNow(orphan) {
        if (orphan) return "No live session here: run the cell again.";
        if (unanswered()) return BUSY;
        return facts ? (facts.message ?? "") : "Asking the kernel…";
      }

      function draw() {
        drawn = facts;
        buttons.clear();
        body.replaceChildren();
        if (!facts) return;
        body.append(headOf(facts, timer));
        body.append(rowsOf(facts));
        const bar = element("div", "actions");
        const url = facts.state === "signed-in" ? null : webAddress(facts.sign_out_url);
        for (const action of offered(facts)) {
          const button = element("button", action);
          button.type = "button";
          button.addEventListener("click", () => ask(action));
          buttons.set(action, button);
          bar.append(button);
        }
        if (url) {
          const link = element("a", "link", "End the browser session too");
          link.href = url;
          link.target = "_blank";
          link.rel = "noopener noreferrer";
          bar.append(link);
        }
        if (bar.childElementCount) body.append(bar);
        if (facts.sources && Object.keys(facts.sources).length) body.append(detailsOf(facts.sources));
      }

      /** @param {Facts} shown */
      function offered(shown) {
        const live = shown.state === "signed-in";
        /** @type {Action[]} */
        const wanted = live ? (shown.can_refresh ? ["refresh", "sign-out"] : ["sign-out"]) : ["sign-in"];
        return wanted.filter((action) => actions.includes(action));
      }

      const connection = new MutationObserver(update);
      connection.observe(el, { attributeFilter: ["class"] });
      views.add(update);
      const ticking = setInterval(update, 1000);
      if (facts === null && asked.action === null && !el.classList.contains(DISCONNECTED)) ask("hello");
      update();

      return () => {
        clearInterval(ticking);
        connection.disconnect();
        views.delete(update);
        root.remove();
      };
    },
  };
};

/**
 * @param {Facts} facts
 * @param {HTMLElement} timer
 */
function headOf(facts, timer) {
  const head = element("div", "head");
  const words = element("div", "words");
  const live = facts.state === "signed-in";
  words.append(element("strong", "title", (live && (facts.name || facts.username)) || TITLES[facts.state ?? "error"]));
  if (live && facts.email) words.append(element("span", "email", facts.email));
  head.append(words);
  if (live && facts.expires_at !== undefined) head.append(timer);
  return head;
}

/** @param {Facts} facts */
function rowsOf(facts) {
  const list = element("dl", "rows");
  /** @param {string} label @param {(Node | string)[]} values */
  const row = (label, values) => {
    const cell = element("dd", "value");
    cell.append(...values);
    if (values.length) list.append(element("dt", "label", label), cell);
  };
  const chips = (/** @type {string[] | undefined} */ names, kind = "chip") =>
    (names ?? []).map((name) => element("span", kind, name));
  const live = facts.state === "signed-in";
  const pool = facts.user_pool ? [element("span", "pool", facts.user_pool)] : [];
  if (facts.issuer_host) pool.push(element("span", "host", facts.issuer_host));
  row("User pool", pool);
  row("Groups", live ? chips(facts.groups) : []);
  row("Scopes", live ? chips(facts.scopes) : []);
  row("Not granted", live ? chips(facts.missing_scopes, "missing") : []);
  row("From", live && facts.source ? [facts.source] : []);
  row("Session", live && facts.remembered ? [facts.remembered] : []);
  return list;
}

/** @param {Record<string, string>} sources */
function detailsOf(sources) {
  const details = element("details", "details");
  details.append(element("summary", "summary", "Where the settings come from"));
  const list = element("dl", "rows");
  for (const [setting, source] of Object.entries(sources)) {
    list.append(element("dt", "label", setting), element("dd", "value", source));
  }
  details.append(list);
  return details;
}
