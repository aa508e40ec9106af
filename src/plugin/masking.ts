import type { Json } from '../support/json.ts';

/** A shorter secret would mask half of every text; it is not hidden. docs/plugins.md says so. */
const SECRET_LENGTH_MIN = 3;

const MASK = '***';

/**
 * Hides the secret values that one task run was given, wherever they come up again: in outputs, errors and
 * log lines, as they are, base64- and URL-encoded, and as JSON writes them (invariant 9, S10).
 */
export class Masker {
  readonly #forms = new Set<string>();

  /** Remembers a value that the task run has been given. */
  add(secret: string): void {
    if (secret.length < SECRET_LENGTH_MIN) return;
    for (const form of formsOf(secret)) {
      if (form.length >= SECRET_LENGTH_MIN) this.#forms.add(form);
    }
  }

  get isEmpty(): boolean {
    return this.#forms.size === 0;
  }

  /** Characters of the longest text that is hidden. */
  get longest(): number {
    return this.#longestFirst()[0]?.length ?? 0;
  }

  text(text: string): string {
    let masked = text;
    for (const form of this.#longestFirst()) masked = masked.replaceAll(form, MASK);
    return masked;
  }

  /** The value with every string in it masked, keys too. */
  value(value: Json): Json {
    if (this.isEmpty) return value;
    return this.#walk(value);
  }

  #walk(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.#forms.has(String(value)) ? MASK : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item: Json) => this.#walk(item));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]): [string, Json] => [
        this.text(key),
        this.#walk(item),
      ]),
    );
  }

  /** A form that contains another must go first, or its rest would stay. */
  #longestFirst(): readonly string[] {
    return [...this.#forms].sort((a, b) => b.length - a.length);
  }
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    ...base64Forms(bytes),
  ];
}

/**
 * Base64 of the value alone, and of the value inside longer text: three alignments, without the characters at
 * the ends that neighbours share. Both alphabets.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  const whole = bytes.toString('base64');
  const inner = [0, 1, 2].map((lead) => {
    const text = Buffer.concat([Buffer.alloc(lead), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const from = Math.ceil((lead * 8) / 6);
    const to = Math.floor(((lead + bytes.length) * 8) / 6);
    return text.slice(from, to);
  });
  const forms = [whole, whole.replace(/=+$/, ''), ...inner].filter((form) => form.length >= 4);
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}
