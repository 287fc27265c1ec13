// A witness signs with their passkey instead of a password: the question comes from the server, the answer goes with the
// form. Without passkeys in this browser the button stays hidden and the password remains.
(function () {
  "use strict";

  const usable = () => Boolean(window.PublicKeyCredential && window.webauthnJSON);
  const show = () => {
    if (usable()) document.querySelectorAll("[data-witness-passkey][hidden]").forEach((button) => { button.hidden = false; });
  };

  async function sign(button) {
    const form = button.form, said = form.querySelector("[data-witness-said]");
    const asked = new FormData(form), question = new FormData();
    question.append("csrfmiddlewaretoken", asked.get("csrfmiddlewaretoken"));
    question.append("witness", asked.get("witness") || "");
    said.textContent = "";
    try {
      const answer = await fetch(button.dataset.witnessPasskey, { method: "POST", body: question, credentials: "same-origin" });
      const found = await answer.json();
      if (!answer.ok) { said.textContent = found.message; return; }
      form.elements.witness_passkey.value = JSON.stringify(await window.webauthnJSON.get(found));
      form.requestSubmit();
    } catch (problem) {
      said.textContent = "No passkey signed. Try again, or sign with the password.";
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-witness-passkey]");
    if (button) sign(button);
  });
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:afterSettle", show);
})();
