// One press of a bedside form as something that can wait: its fields, the moment it was made, and its words. Checked
// here for shape only; whether it may be written is the server's answer.
(function (scope) {
  "use strict";

  // What may be written without the server. Seating, the gate, going home and corrections ask rules first.
  const MAY_WAIT = new Set(["look", "cell", "scales", "effect", "effect-ended", "start", "device", "rate", "pause", "resume", "stop", "complete"]);
  const WORDS = {
    start: "Dose started", device: "Device given", rate: "Rate changed", pause: "Dose paused", resume: "Dose goes on",
    stop: "Dose stopped for good", complete: "Dose complete", "effect-ended": "Side effect over", scales: "Scales",
  };
  const CELLS = {
    blood_pressure: "Pressure", heart_rate: "Pulse", spo2: "Oxygen", respiratory_rate: "Breathing", temperature: "Temperature",
    sedation: "Sedation", dissociation: "Dissociation", nausea: "Nausea",
  };
  const NUMBER = /^\d+([.,]\d+)?$/;
  const PRESSURE = /^\d{1,3}\s*[/.,\- ]\s*\d{1,3}$/;
  const VITAL = /^(\d+\/\d+|\d+([.,]\d+)?(%|°?c)?|(hr|p|rr|sat|spo2|t)[:=]?\d+([.,]\d+)?%?)$/i;
  const TIME = /^([01]?\d|2[0-3])[:.]?([0-5]\d)$/;
  const MINUTE_MS = 60000, DAY_MIN = 1440;

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  function clock(at_ms, zone) {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(at_ms);
  }

  const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

  // `10:42` or `1042` on the clinic's clock as an instant: the one nearest to now, as the server reads it; null when it
  // is no time. A change of clocks in between is met by looking at the clinic's clock a second time.
  function instant(text, now_ms, zone) {
    if (!text.trim()) return now_ms;
    if (text.includes("T")) { const at_ms = Date.parse(text); return Number.isNaN(at_ms) ? null : at_ms; }
    const typed = TIME.exec(text.trim());
    if (!typed) return null;
    const wanted = Number(typed[1]) * 60 + Number(typed[2]);
    let at_ms = now_ms - (now_ms % MINUTE_MS);
    for (let turn = 0; turn < 2; turn += 1) {
      let apart = wanted - minutes(clock(at_ms, zone));
      if (apart > DAY_MIN / 2) apart -= DAY_MIN;
      if (turn === 1 && apart < -DAY_MIN / 2) apart += DAY_MIN;
      at_ms += apart * MINUTE_MS;
    }
    return at_ms;
  }

  function wrong(fields) {
    const line = (fields.line || "").trim();
    if (fields.do === "look") {
      if (!line && !(fields.remark || "").trim()) return "Nothing was typed. Write for example 120/80 72 98% 16.";
      const token = line.replace(/\s*\/\s*/g, "/").split(/\s+/).find((one) => one && !VITAL.test(one));
      if (token) return `'${token}' is not understood. Write for example 120/80 72 98% 16.`;
    }
    if (fields.do === "cell" && !(fields.vital === "blood_pressure" ? PRESSURE : NUMBER).test(line)) {
      return fields.vital === "blood_pressure" ? `'${line}' is not a blood pressure. Write it as 120/80.` : `'${line}' is not a number.`;
    }
    if (fields.do === "scales" && !scales(fields)) return "Nothing was chosen. Rate at least one line.";
    if (fields.do === "effect" && !effect(fields)[0]) return "Which side effect? Write it in a word or two.";
    if (fields.do === "rate" && !NUMBER.test((fields.rate_ml_per_h || "").trim())) return "Write the rate in mL/h as the pump shows it.";
    if ((fields.do === "pause" || fields.do === "stop") && !(fields.reason || "").trim()) return "Say why.";
    if (fields.do === "start" && !fields.same_person) return "Check name and date of birth with the person in the chair, then tick the box.";
    return "";
  }

  const scales = (fields) => Object.entries(fields).some(([name, value]) => /^(moaas|cadss6|nausea_rating|cadss6_item_.*|.*_resolved)$/.test(name) && String(value).trim());

  function effect(fields) {
    const [name, severity] = (fields.effect || "").split(":");
    return [(name || fields.effect_name || "").trim(), severity || fields.severity || ""];
  }

  function words(fields, pressed) {
    const line = (fields.line || "").trim();
    if (fields.do === "look") return [line ? `Vital signs ${line}` : "", (fields.remark || "").trim()].filter(Boolean).join(" · ");
    if (fields.do === "cell") return `${CELLS[fields.vital] || fields.vital} ${line}`;
    if (fields.do === "effect") return effect(fields).filter(Boolean).join(", ");
    if (fields.do === "scales") {
      const rated = [["Sedation", fields.moaas], ["Dissociation", fields.cadss6], ["Nausea", fields.nausea_rating]].filter((one) => one[1]).map((one) => one.join(" "));
      return rated.length ? rated.join(", ") : WORDS.scales;
    }
    if (fields.do === "rate") return `${WORDS.rate} to ${fields.rate_ml_per_h} mL/h`;
    if (fields.reason) return `${WORDS[fields.do]}: ${fields.reason}`;
    return WORDS[fields.do] || pressed;
  }

  // {refused: words} or {content}: what waits, with the true time in place of "now" and "five minutes ago".
  function take(form, submitter, now_ms, zone) {
    const fields = Object.fromEntries(Array.from(new FormData(form, submitter)).filter((pair) => typeof pair[1] === "string"));
    if (!MAY_WAIT.has(fields.do)) return { refused: "This asks the rules first, and they are on the server. It can be done when the server is back." };
    const refused = wrong(fields);
    if (refused) return { refused };
    const typed_ms = instant(fields.at || "", now_ms, zone);
    if (typed_ms === null) return { refused: `'${fields.at}' is not a time. Write it as 10:42, or leave it empty for now.` };
    const ago_ms = (fields.at || "").trim() ? 0 : Number(fields.ago_min || 0) * MINUTE_MS;
    for (const name of ["csrfmiddlewaretoken", "record_number", "place", "ago_min"]) delete fields[name];
    fields.at = new Date(typed_ms - ago_ms).toISOString();
    fields.event_id = fields.event_id || newId();
    return { content: { fields, words: words(fields, submitter ? submitter.textContent.trim() : "Entry") } };
  }

  // What stands in the record instead of an entry that is thrown away: that it was made, and why it is not there.
  function discarded(content, reason, now_ms, zone) {
    const remark = `Entry of ${clock(Date.parse(content.fields.at), zone)} discarded on the tablet before it was recorded: ${content.words}. Reason: ${reason}`;
    const fields = { do: "look", remark: remark.slice(0, 2000), at: new Date(now_ms).toISOString(), event_id: newId(), device: content.fields.device || "" };
    return { fields, seen_at: content.seen_at, words: remark, by_name: content.by_name };
  }

  scope.BedsidePress = { take, discarded, instant, clock, newId };
})(window);
