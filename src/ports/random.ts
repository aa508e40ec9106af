/** Randomness for the shells; seeded in the simulator. */
export interface Random {
  /** 26 characters of Crockford base32, lower case: 130 random bits. */
  id(): string;
  /** In [0, 1). */
  next(): number;
}
