/** Random bytes, as `crypto.randomBytes` gives them. */
export type RandomBytes = (size: number) => Uint8Array

export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

// IAM's identifiers: a prefix that tells a user's long-term key from a session's, then letters and the digits 2 to 7.
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function newKeyPair(kind: 'user' | 'session', random: RandomBytes): KeyPair {
  const letters = [...random(16)].map((byte) => alphabet[byte % alphabet.length]).join('')
  return {
    accessKeyId: (kind === 'user' ? 'AKIA' : 'ASIA') + letters,
    // 30 bytes are the 40 characters that AWS's secrets have.
    secretAccessKey: Buffer.from(random(30)).toString('base64'),
  }
}

/** Holds +, / and = as AWS's do, so that a client that forgets to encode them fails here as well. */
export function newSessionToken(random: RandomBytes): string {
  return Buffer.from(random(160)).toString('base64')
}
