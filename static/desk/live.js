/* Live updates: one stream of ids for the page; each element with data-live="TOPIC" gets the event
 * "live" (htmx fetches what changed) at once, then at most every data-live-interval ms (250 where
 * nothing is said), the last never lost.
 * A page in the background gives its connection back (browsers allow six to a server over
 * HTTP/1.1) and asks for the present state when it is seen again. */

const DEFAULT_INTERVAL = 250;
const url = document.querySelector("[data-live-url]")?.dataset.liveUrl;
const watchers = [...document.querySelectorAll("[data-live]")];

function throttled(part) {
  const interval = Number(part.dataset.liveInterval ?? DEFAULT_INTERVAL);
  let timer = null;
  let again = false;
  return function refresh() {
    if (timer !== null) {
      again = true;
      return;
    }
    again = false;
    part.dispatchEvent(new CustomEvent("live"));
    timer = setTimeout(() => {
      timer = null;
      if (again) refresh();
    }, interval);
  };
}

if (url && watchers.length > 0) {
  const refresh = new Map(watchers.map((part) => [part.dataset.live, throttled(part)]));
  const topics = [...refresh.keys()];
  const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
  let stream = null;

  const open = () => {
    if (stream !== null || document.hidden) return;
    stream = new EventSource(`${url}?${query}`);
    // "open" comes when the database listens, after every reconnection too: nothing is missed.
    stream.addEventListener("open", (event) => {
      if (event.data) for (const ask of refresh.values()) ask();
    });
    for (const name of new Set(topics.map((topic) => topic.split(":")[0]))) {
      stream.addEventListener(name, (event) => refresh.get(JSON.parse(event.data).topic)?.());
    }
  };
  const close = () => {
    stream?.close();
    stream = null;
  };

  // Not before htmx hears "live": an event before that is lost, and it may have been the last.
  document.addEventListener("DOMContentLoaded", () => {
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", open);
    open();
  });
}
