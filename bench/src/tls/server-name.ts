/** What the clients dial and the server's certificate holds. */
export const serverName = 'broker.bench.test';
