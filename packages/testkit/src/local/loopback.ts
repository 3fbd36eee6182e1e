/** Everything of a local stack listens here and nowhere else. */
export const loopbackHost = '127.0.0.1'
