// Wishes to the desk: every button, key and dialog goes through `say`, which carries the versions
// of what was on the screen (D4), and gives back the answer or a refusal with a sentence.

export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || "refused without a reason");
    this.code = problem.code ?? "";
    this.status = status;
  }
}

export class Wishes {
  constructor({ words, csrf, versions, tell }) {
    this.words = new Map(words.map((word) => [word.name, word]));
    this.csrf = csrf;
    this.versions = versions;
    this.tell = tell;
    this.sentMs = new Map();
  }

  may(word) {
    return this.words.has(word);
  }

  // The answer; throws Refused. `saw` is what was on the screen when the hand moved.
  async ask(word, args = {}, { reason = "", dry = false, saw } = {}) {
    const sees = this.words.get(word)?.sees ?? [];
    const versions = saw ?? this.versions();
    const seen = Object.fromEntries(
      sees.filter((aspect) => aspect in versions).map((aspect) => [aspect, versions[aspect]]),
    );
    let answer;
    try {
      answer = await fetch(`/api/v1/commands/${encodeURIComponent(word)}`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-CSRF-Token": this.csrf(),
          ...(dry ? {} : { "Idempotency-Key": key() }),
        },
        body: JSON.stringify({ args, reason, dry, ...(sees.length ? { saw: seen } : {}) }),
      });
    } catch {
      throw new Refused({ detail: "control does not answer; nothing was sent twice. Try again." }, 0);
    }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(body, answer.status);
    return body;
  }

  // As `ask`, and the sentence is shown. Null when refused.
  async say(word, args = {}, options = {}) {
    try {
      const answer = await this.ask(word, args, options);
      this.tell("done", answer.text ?? word);
      return answer;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.tell("refused", error.message, word);
      return null;
    }
  }
}

function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
