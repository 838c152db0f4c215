/** Of RFC 4013 section 2.1: spaces that are not ASCII's (table C.1.2 of RFC 3454). */
const otherSpaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu;
/** Commonly mapped to nothing (table B.1). */
const nothing = /\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/gu;
/** Prohibited output (RFC 4013 section 2.3): control, private use, non-character, surrogate, tagging and the like. */
const prohibited = /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\u0340\u0341\u06DD\u070F\u180E\u200E\u200F\u2028-\u202E\u2061-\u2063\u206A-\u206F\u2FF0-\u2FFB\uFFF9-\uFFFD]|[\u{1D173}-\u{1D17A}]|[\u{E0001}-\u{E007F}]/u;

/** As PostgreSQL does with a password (`pg_saslprep`): one that SASLprep does not allow is used as it is. */
export function saslprep(password: string): string {
  const mapped = password.replaceAll(otherSpaces, ' ').replaceAll(nothing, '').normalize('NFKC');
  return mapped === '' || prohibited.test(mapped) ? password : mapped;
}
