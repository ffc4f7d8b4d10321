import { booleanOf, type DerReader, notDer, objectIdentifierOf, tags } from '../der.ts';

export interface Extension {
  readonly critical: boolean;
  /** DER of what the extension holds. */
  readonly value: Uint8Array;
}

/** By object identifier. */
export type Extensions = ReadonlyMap<string, Extension>;

/** Extensions (RFC 5280 §4.1.2.9), as certificates, revocation lists, their entries and OCSP answers carry them. */
export function parseExtensions(list: DerReader): Extensions {
  const found = new Map<string, Extension>();
  if (list.done) throw notDer('an empty list of extensions');
  while (!list.done) readExtension(list.enter(tags.sequence), found);
  return found;
}

/** The first critical one that `understood` does not name. */
export function unknownCritical(extensions: Extensions, understood: ReadonlySet<string>): string | undefined {
  return [...extensions].find(([identifier, { critical }]) => critical && !understood.has(identifier))?.[0];
}

function readExtension(reader: DerReader, found: Map<string, Extension>): void {
  const identifier = objectIdentifierOf(reader.next(tags.objectIdentifier));
  const criticalElement = reader.optional(tags.boolean);
  const critical = criticalElement !== undefined && booleanOf(criticalElement);
  if (criticalElement !== undefined && !critical) throw notDer('a default value that is written out');
  const value = reader.next(tags.octetString).content;
  reader.end();
  if (found.has(identifier)) throw notDer(`extension ${identifier} twice`);
  found.set(identifier, { value, critical });
}
