// What the lab takes and how long it stays, in JupyterLab's status bar; and why a kernel was ended.
//
// Written by hand in the form that JupyterLab's builder makes: a container that is given the
// modules which JupyterLab shares, and gives a plugin. So there is nothing to build or to lock.
(() => {
  "use strict";
  const NAME = "lab-session";
  const SECONDS = 5;
  const NEARLY_FULL = 0.9;
  let shared;

  async function load(name) {
    const versions = Object.values(shared[name]);
    const own = versions.find((it) => it.from?.includes("application-top")) ?? versions[0];
    return (await own.get())();
  }

  const sizesOf = (limit) => (limit < 2 ** 30 ? ["MB", 2 ** 20, 0] : ["GB", 2 ** 30, 1]);

  function limitText(limit) {
    const [unit, size, digits] = sizesOf(limit);
    return `${Number((limit / size).toFixed(digits))} ${unit}`;
  }

  function memoryText({ used, limit }) {
    if (used === null || limit === null) return "";
    const [, size, digits] = sizesOf(limit);
    return `${(used / size).toFixed(digits)} of ${limitText(limit)}`;
  }

  function stayText({ works, until }) {
    if (works.length) return `stays while ${works[0]}`;
    if (!until) return "";
    const end = new Date(until);
    const day = end - Date.now() > 20 * 3600 * 1000 ? { weekday: "short" } : {};
    return `stays until ${end.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" })}`;
  }

  // How often the system has ended something, as far as this browser has said so already.
  function unseenKills(key, { started, memory }) {
    const seen = JSON.parse(localStorage.getItem(key) ?? "{}");
    const before = seen.started === started ? seen.kills : 0;
    localStorage.setItem(key, JSON.stringify({ started, kills: memory.kills }));
    return memory.kills - before;
  }

  // A notification is cut after 140 characters; the rest stands behind its button.
  function tellOfKill({ Dialog, Notification, showDialog }, limit) {
    const memory = limit === null ? "memory" : `${limitText(limit)} of memory`;
    const body =
      "The largest program in this lab was ended to make room. JupyterLab restarts a kernel that ended so; " +
      "what it held in memory is lost, your files are not. Load less at a time, shut down kernels that " +
      "you no longer need, or ask the operator for more memory.";
    const explain = () => showDialog({ title: "The memory was full", body, buttons: [Dialog.okButton()] });
    Notification.warning(
      `This lab had taken all its ${memory}, so a program in it was ended. That is why a kernel may have restarted.`,
      { autoClose: false, actions: [{ label: "What now?", callback: explain }] },
    );
  }

  // Only what a person does counts: a tab that is merely open does not keep the lab.
  function watchUse() {
    let used = true;
    for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
      document.addEventListener(kind, () => { used = true; }, { capture: true, passive: true });
    }
    return () => {
      const was = used;
      used = false;
      return was;
    };
  }

  function makeItem({ Widget }, statusBar) {
    const item = new Widget();
    item.id = `${NAME}-item`;
    item.addClass("jp-StatusBar-TextItem");
    item.node.title = "The memory that this lab uses, and how long it stays when nothing is done in it";
    statusBar?.registerStatusItem(`${NAME}:item`, { item, align: "right", rank: 50, isActive: () => true });
    return item.node;
  }

  function show(node, { memory, works, until }) {
    const isFull = memory.limit !== null && memory.used > NEARLY_FULL * memory.limit;
    const size = memoryText(memory);
    const texts = [isFull ? `⚠ ${size}` : size, stayText({ works, until })];
    node.textContent = texts.filter(Boolean).join(" · ");
    node.style.fontWeight = isFull ? "bold" : "";
  }

  function activate(apputils, widgets, { ServerConnection }, app, statusBar) {
    const settings = app.serviceManager.serverSettings;
    const wasUsed = watchUse();
    const node = makeItem(widgets, statusBar);

    async function ask() {
      const url = `${settings.baseUrl}${NAME}${wasUsed() ? "?used=1" : ""}`;
      const answer = await ServerConnection.makeRequest(url, { cache: "no-store" }, settings);
      if (!answer.ok) return;
      const status = await answer.json();
      show(node, status);
      if (unseenKills(`${NAME}:${settings.baseUrl}`, status) > 0) {
        tellOfKill(apputils, status.memory.limit);
      }
    }

    async function look() {
      // The lab may be gone; JupyterLab says so.
      if (document.visibilityState === "visible") await ask().catch(() => { node.textContent = ""; });
      setTimeout(look, 1000 * SECONDS);
    }
    void look();
  }

  async function plugin() {
    const [apputils, widgets, services, { IStatusBar }] = await Promise.all(
      ["@jupyterlab/apputils", "@lumino/widgets", "@jupyterlab/services", "@jupyterlab/statusbar"].map(load),
    );
    return {
      id: `${NAME}:plugin`,
      description: "Shows what the lab takes and how long it stays.",
      autoStart: true,
      optional: [IStatusBar],
      activate: (app, statusBar) => activate(apputils, widgets, services, app, statusBar),
    };
  }

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB[NAME] = {
    init: (scope) => { shared = scope; },
    get: async () => {
      const module = { __esModule: true, default: await plugin() };
      return () => module;
    },
  };
})();
