// The form behind a link: every answer is sent to be kept as it is tapped, a long form is shown in pages, and Send asks
// first whether the clinic can be reached, so that nobody's answers end in a browser's error page. Without this file the
// form is one page that is sent once.
(function () {
  "use strict";

  const form = document.querySelector("[data-check-in]");
  if (!form) return;

  // A page holds about this many questions: what a thumb scrolls through without losing its place.
  const MOST_ON_A_PAGE = 10;
  // A tap is followed by the next within this time; both then travel together.
  const SOON_MS = 250;
  // How long an answer is waited for, and how soon it is tried again; the pause doubles up to the longest.
  const PATIENCE_MS = 8000, FIRST_PAUSE_MS = 2000, LONGEST_PAUSE_MS = 30000;

  const strip = form.querySelector("[data-keeping]");
  const keeps = "keeps" in form.dataset;
  const send = form.querySelector("button[type=submit]");

  // ---- keeping ----

  const changed = new Map(); // question → its answer, while nobody has said that it is kept
  let under = null; // the request that is on its way, while one is
  let pause = FIRST_PAUSE_MS;
  let timer = 0;
  let over = false; // the clinic keeps no more of this form; Send still says what it can

  function show(count, state, waiting) {
    if (!strip) return;
    strip.hidden = false;
    strip.classList.toggle("is-waiting", waiting);
    if (count) strip.querySelector("[data-count]").textContent = count;
    const place = strip.querySelector("[data-state]");
    if (place.textContent !== state) place.textContent = state;
  }

  function body(answers) {
    const sent = new URLSearchParams(answers);
    sent.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    sent.set("keep", "1");
    return sent;
  }

  // True when the clinic was reached, whatever it said.
  async function keep() {
    if (under) await under;
    under = ask(new Map(changed));
    const reached = await under;
    under = null;
    if (reached && changed.size && !over) soon(SOON_MS);
    return reached;
  }

  async function ask(answers) {
    try {
      const said = await fetch(window.location.pathname, {
        method: "POST", body: body(answers), headers: { Accept: "application/json" },
        credentials: "same-origin", keepalive: true, signal: AbortSignal.timeout && AbortSignal.timeout(PATIENCE_MS),
      });
      // Refused for good: what the clinic says about it is shown, and Send leads to its own page.
      if (said.status >= 400 && said.status < 500) {
        over = true;
        const refusal = await said.json().catch(() => ({}));
        show("", refusal.message || strip.dataset.unkept, true);
        return true;
      }
      if (said.ok) {
        const told = await said.json();
        answers.forEach((value, name) => { if (changed.get(name) === value) changed.delete(name); });
        pause = FIRST_PAUSE_MS;
        show(told.says, changed.size ? "" : strip.dataset.kept, false);
        return true;
      }
    } catch {
      // No connection, or an answer that is none: tried again below.
    }
    if (changed.size) show("", strip.dataset.waiting, true);
    again();
    return false;
  }

  function soon(after) { clearTimeout(timer); timer = setTimeout(() => { if (changed.size && !over) keep(); }, after); }

  function again() {
    if (!changed.size) return;
    soon(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }

  if (keeps) {
    form.addEventListener("change", (event) => {
      if (event.target.type !== "radio" || over) return;
      changed.set(event.target.name, event.target.value);
      if (!under) soon(SOON_MS);
    });
    window.addEventListener("online", () => { if (changed.size && !over) soon(0); });
    // The page is left: what was tapped a moment ago goes along.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && changed.size && !over) navigator.sendBeacon(window.location.pathname, body(changed));
    });
  }

  // ---- pages ----

  const questions = Array.from(form.querySelectorAll(".question"));
  const many = Math.ceil(questions.length / MOST_ON_A_PAGE);
  const each = Math.ceil(questions.length / many);
  let shown = 0;
  let head, back, next;

  const answered = (question) => Boolean(question.querySelector("input:checked"));
  const pageOf = (question) => Math.floor(questions.indexOf(question) / each);

  function turn(to, quietly) {
    shown = Math.max(0, Math.min(to, many - 1));
    questions.forEach((question) => { question.hidden = pageOf(question) !== shown; });
    head.textContent = form.dataset.page.replace("{page}", shown + 1).replace("{pages}", many);
    back.hidden = shown === 0;
    next.hidden = shown === many - 1;
    send.hidden = shown !== many - 1;
    if (quietly) return;
    head.scrollIntoView({ block: "start" });
    head.focus({ preventScroll: true });
  }

  function button(words, by, second) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = second ? "button button--second" : "button";
    made.textContent = words;
    made.addEventListener("click", () => turn(shown + by));
    return made;
  }

  if (many > 1) {
    head = document.createElement("p");
    head.className = "form-page";
    head.tabIndex = -1;
    questions[0].before(head);
    back = button(form.dataset.back, -1, true);
    next = button(form.dataset.next, 1, false);
    const turns = document.createElement("p");
    turns.className = "actions";
    turns.append(back, next);
    send.before(turns);
    const first = questions.find((question) => question.classList.contains("field--error")) || questions.find((question) => !answered(question));
    turn(first ? pageOf(first) : many - 1, true);
    // A link of the summary leads to a question that may be on another page.
    form.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const place = link && document.getElementById(link.getAttribute("href").slice(1));
      const question = place && place.closest(".question");
      if (question) turn(pageOf(question), true);
    });
  }

  // ---- sending ----

  let leaving = false;
  function unlock() { leaving = false; send.removeAttribute("aria-disabled"); }

  form.addEventListener("submit", async (event) => {
    if (many > 1 && shown < many - 1) { event.preventDefault(); turn(shown + 1); return; }
    if (!keeps || over) return;
    event.preventDefault();
    if (leaving) return;
    leaving = true;
    send.setAttribute("aria-disabled", "true");
    show("", strip.dataset.sending, false);
    const reached = await keep();
    if (reached) {
      clearTimeout(timer);
      form.submit();
      // The answer may never come; the button works again then.
      setTimeout(unlock, PATIENCE_MS);
      return;
    }
    unlock();
    show("", strip.dataset.unsent, true);
  });
  // Back after sending: the browser may show the page as it was left, on a tablet that another person holds by now. The
  // clinic is asked anew instead, and says what this link still opens.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
})();
