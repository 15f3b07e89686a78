// Passkeys are between the browser and its owner: this hands over what the page asks, and posts what comes back.
(() => {
  const form = document.querySelector("[data-passkey]");
  if (!form) return;
  if (!window.PublicKeyCredential) {
    form.hidden = true;
    return;
  }
  const makes = form.dataset.passkey === "create";
  const button = form.querySelector("#passkey");
  const failed = form.querySelector("[data-failed]");
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (makes) options.user.id = bytes(options.user.id);
  const listed = (makes ? options.excludeCredentials : options.allowCredentials) || [];
  listed.forEach((one) => { one.id = bytes(one.id); });

  const send = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    const { id, type } = credential;
    form.elements.answer.value = JSON.stringify({ id, rawId: text(credential.rawId), type, response });
    form.submit();
  };

  let waiting = null;
  const ask = (more) => {
    if (waiting) waiting.abort();
    waiting = new AbortController();
    const asked = { publicKey: options, signal: waiting.signal, ...more };
    return makes ? navigator.credentials.create(asked) : navigator.credentials.get(asked);
  };
  button.addEventListener("click", async () => {
    if (!form.reportValidity()) return;
    failed.hidden = true;
    button.disabled = true;
    try {
      send(await ask({}));
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
  // The browser offers the passkeys that it has where the identifier is typed, and stays silent without any.
  const offer = async () => {
    if (!PublicKeyCredential.isConditionalMediationAvailable) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable())) return;
    try {
      send(await ask({ mediation: "conditional" }));
    } catch (error) {
      if (error.name !== "AbortError") failed.hidden = false;
    }
  };
  if ("byItself" in form.dataset) offer();
})();
