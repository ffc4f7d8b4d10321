import type { StatusName } from '../../packages/link/src/index.ts';

/** The sentences of the protocol reference; everything that is a number or a name comes from the sources. */

export const head = `# The protocol of the secure IC

Everything that firmware on a real part, or a driver of one, has to know: frames, messages, every command's bytes, who may
send it when, and what the part answers. The tables are generated from the codecs (\`packages/link\`) and the access rules
(\`packages/chip\`) by \`npm run reference\`; the worked examples are the answers of the firmware itself, and a test replays
them. Integers are unsigned and big-endian.`;

export const frames = (of: { version: number; overhead: number; payload: number; most: number }): string => `## Frames

\`\`\`text
   0        1          2          3      4      5 …           5 + length
+--------+----------+----------+-------------+--------------+-------------+
| start  | version  | sequence |   length    |   payload    |   CRC-16    |
|  0xA7  | | flags  |          |   (u16)     |              | bytes 1 … n |
+--------+----------+----------+-------------+--------------+-------------+
\`\`\`

- Byte 1: bits 7–5 the protocol version (${of.version}), bit 4 \`more\`, bit 3 \`secured\`, bits 2–0 the kind: 0 \`data\`, 1 \`proceed\`, 2 \`busy\`, 3 \`repeat\`, 4 \`resynchronise\`.
- CRC-16/IBM-3740 over everything after the start byte: polynomial 0x1021, initial value 0xFFFF, nothing reflected, no final XOR.
- ${of.overhead} bytes of a frame are not payload. A payload has at most ${of.payload} bytes until both sides have agreed on more, and never more than ${of.most}.
- One frame is one bus transaction. SPI: the host clocks out idle bytes (0xFF) until the start byte comes; I2C: the part does not acknowledge while it is busy. A ready line replaces polling. The host may fetch the part's frame in two reads, the header and then the rest; what it clocks out meanwhile is ignored.
- Stop and wait: the host sends a frame and fetches the part's one. Each new frame of the host has the next sequence number (modulo 256). A frame with the number *and the bytes* of the last one is a retransmission, and the part sends its last frame again without carrying anything out.
- \`repeat\` from the part: the frame arrived damaged or out of step. \`busy\`: it is still at work; poll again. After a failure the host sends \`resynchronise\` with a sequence number of its choice and, as payload, the largest payload that it accepts (u16).`;

export const messages = (most: number): string => `## Messages

A request or a response of up to ${most} bytes is cut into data frames; all but the last carry \`more\`. The receiver of a piece
answers \`proceed\`, whether it is the part (for a request) or the host (for a response).

A request is the opcode (u8) and the fields of the command. A response is the status (u8) and, for \`ok\`, the fields of the
result; for every other status the code (\`text ≤ 16\`, as in [ERRORS.md](../ERRORS.md)) and a sentence about this case
(\`text ≤ 700\`).`;

export const notation = `## Notation

| layout | bytes |
| --- | --- |
| \`u8\` \`u16\` \`u32\` \`u64\` | unsigned, big-endian; a u64 is at most 2^53 − 1 |
| \`flag\` | one byte, 0 or 1 |
| \`bytes[n]\` | exactly n bytes |
| \`bytes16 ≤ n\` | length (u16), then that many bytes, at most n |
| \`text ≤ n\` | length (u16), then UTF-8, at most n bytes |
| \`choice(a \\| b \\| …)\` | one byte: the position in the list, from 0. Lists only grow at their end |
| \`list(x) ≤ n\` | count (u8), then that many x, at most n |
| \`optional(x)\` | flag, then x if it is 1 |
| \`{ a: x, b: y }\` | the fields one after the other |

A value outside its range, a length over its limit and bytes left over make the request malformed; nothing is carried out.`;

export const status = 'The first byte of every response. The list only grows at its end.';

export const statuses: Readonly<Record<StatusName, string>> = {
  ok: 'none: the result follows',
  'unknown-command': 'the opcode is that of no command',
  malformed: 'the fields are shorter, longer or other than the command says',
  'life-cycle': 'the command belongs to another state of the life cycle',
  role: 'the command belongs to the factory line, within its session',
  boot: 'secure boot has not passed, or is not armed',
  tamper: 'the part was tampered with',
  purpose: 'the key or object is for another purpose',
  version: 'a version is older than what has proved itself',
  throttle: 'more of this than the part allows in powered time',
  pairing: 'the command needs the pairing channel',
  'no-session': 'no such TLS session',
  limit: 'a limit of number or size',
  verification: 'a signature or a certificate does not verify',
  name: 'the server name is not in the policy',
  object: 'the object is missing, or its content cannot be',
  time: 'trusted time is missing, stale or would go back',
  storage: 'the memory cannot be trusted or written',
  internal: 'a fault of the part',
};

export const lifeCycle = `## Life cycle

\`\`\`text
unmade ──MAKER_FINISH──► blank ──PROVISION_WRITE──► provisioned ──PROVISION_LOCK──► operational
                           │                             │                             │
                           └──────── tamper ─────────────┴──────────── tamper ─────────┴──► tampered, for ever
\`\`\`

One way. \`terminated\` is the end that an administrator's command sets. Secure boot runs within \`operational\`, once for each
assertion of the reset line:

\`\`\`text
reset line ──► armed ──BOOT_BEGIN──► measuring ──BOOT_VERIFY──► passed ──(handshake)──► proved ──BOOT_COMMIT──►
                 │                        └──────► failed
                 └── the first TLS command disarms
\`\`\``;

export const access = `One row a command, judged in one place before the command is looked at: tamper first, then life cycle, role and boot. A command
whose row does not list \`tampered\` is refused for ever after a tamper event; so is any use of a device key. Before all of it: where
\`channel\` says \`needed\`, a part that was locked with the key of a host obeys that host alone, over the channel of
[pairing.md](pairing.md). Once a self-test has failed, the part answers INFO, STATUS and SELF_TEST alone until it is reset. A command
that writes to the memory may do so a number of times per powered hour; then the status is \`throttle\`, and STATUS says for how long.
So are pairing exchanges that are begun and not finished: eight on a link, then one a powered second.`;

export const objects = `LIST and READ know these objects; a private key is not among them. Numbers and names only grow at the end of the list.`;

export const examples = `A part as the foundry delivers it (\`unmade\`), over any bus. Each line is one bus transaction.`;
