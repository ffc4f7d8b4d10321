import { NO_PROPERTIES, type Packet, Reason, type ReasonCode } from '../../src/index.ts';
import { type Case, packetId, text, Vectors } from './vectors.ts';

export interface AcknowledgementSuite {
  readonly kind: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
  /** First byte, as hexadecimal. */
  readonly first: string;
  /** The same with a flag that it must not have, and the reason code that answers it. */
  readonly wrongFirst: string;
  readonly wrongFirstReason: number;
  /** A failure of this packet, and a code that only others have. */
  readonly failure: ReasonCode;
  readonly foreign: string;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP have one layout (§3.4 to §3.7): one suite for all. */
export function acknowledgementCases(suite: AcknowledgementSuite): readonly Case[] {
  const vectors = new Vectors();
  const { kind, first, failure } = suite;
  const id = packetId(0x1234);
  const packet = (reason: ReasonCode, properties = NO_PROPERTIES): Packet => ({
    kind,
    packetId: id,
    reason,
    properties,
  });
  const code = failure.toString(16);
  for (const version of [3, 4, 5] as const) {
    vectors.packet('success', {
      version,
      to: 'both',
      wire: [
        first, // type and flags
        '02', // remaining length
        '1234', // packet identifier
      ],
      packet: packet(Reason.success),
    });
  }
  vectors.packet('a reason without properties', {
    version: 5,
    to: 'both',
    wire: [
      first, // type and flags
      '03', // remaining length
      '1234', // packet identifier
      code, // reason code
    ],
    packet: packet(failure),
  });
  vectors.packet('success in its long form', {
    version: 5,
    to: 'both',
    wire: [
      first, // type and flags
      '04', // remaining length
      '1234', // packet identifier
      '00', // reason code: success
      '00', // property length
    ],
    packet: packet(Reason.success),
    encoded: [first, '02', '1234'],
  });
  vectors.packet('all properties', {
    version: 5,
    to: 'both',
    wire: [
      first, // type and flags
      '12', // remaining length
      '1234', // packet identifier
      code, // reason code
      '0e', // property length
      `1f${text('why')}`, // reason string
      `26${text('a')}${text('bc')}`, // user property
    ],
    packet: packet(failure, { reasonString: 'why', userProperties: [['a', 'bc']] }),
  });
  malformed(vectors, suite);
  return vectors.cases;
}

function malformed(vectors: Vectors, { first, wrongFirst, wrongFirstReason, foreign }: AcknowledgementSuite): void {
  const to = 'server';
  for (const version of [3, 4, 5] as const) {
    vectors.malformed('no body', { version, to, wire: [first, '00'], fault: 'truncated', reason: 0x81 });
    vectors.malformed('half an identifier', {
      version,
      to,
      wire: [first, '01', '12'],
      fault: 'truncated',
      reason: 0x81,
    });
    vectors.malformed('identifier 0', { version, to, wire: [first, '02', '0000'], fault: 'packet-id', reason: 0x82 });
    const flags = { fault: 'reserved-flags', reason: wrongFirstReason } as const;
    vectors.malformed('wrong flags', { version, to, wire: [wrongFirst, '02', '1234'], ...flags });
  }
  for (const version of [3, 4] as const) {
    const wire = [first, '03', '1234', '00'];
    vectors.malformed('a reason code', { version, to, wire, fault: 'trailing-bytes', reason: 0x81 });
  }
  const version = 5;
  const id = '1234';
  vectors.malformed('a reason of another packet', {
    version,
    to,
    wire: [first, '03', id, foreign],
    fault: 'reason-code',
    reason: 0x82,
  });
  vectors.malformed('a property length past the end', {
    version,
    to,
    wire: [first, '04', id, '00', '01'],
    fault: 'truncated',
    reason: 0x81,
  });
  vectors.malformed('bytes after the properties', {
    version,
    to,
    wire: [first, '05', id, '00', '00', '00'],
    fault: 'trailing-bytes',
    reason: 0x81,
  });
}
