// Takes the code out of the address bar at once, then shows what became of the sign-in.

/** @typedef {{status: "waiting" | "ok" | "failed", title: string, text: string}} Outcome */

history.replaceState(null, "", location.pathname);

const card = /** @type {HTMLElement} */ (document.querySelector(".card"));
const RETRIES = 5;

/** @param {Outcome} outcome */
function show({ status, title, text }) {
  card.dataset.tone = { waiting: "wait", ok: "ok", failed: "bad" }[status];
  card.querySelector("h1").textContent = title;
  card.querySelector("#text").textContent = text;
  document.title = `${title} · Jupyter`;
}

/**
 * Asks until there is an outcome; the page as served makes sense if none ever comes.
 * @param {string} path
 */
async function follow(path) {
  for (let failures = 0; failures < RETRIES; ) {
    try {
      const response = await fetch(path, { credentials: "same-origin", cache: "no-store" });
      if (!response.ok) return;
      const outcome = /** @type {Outcome} */ (await response.json());
      show(outcome);
      if (outcome.status === "ok") window.close(); // refused, harmlessly, where a script did not open the tab
      if (outcome.status !== "waiting") return;
      failures = 0;
    } catch {
      failures += 1;
      await new Promise((wake) => setTimeout(wake, 1000));
    }
  }
}

if (card.dataset.poll) follow(card.dataset.poll);
