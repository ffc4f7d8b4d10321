/** `keystile broker …`: a broker's configuration without running it, and a look at one that runs. */
import { checkConfiguration } from '@keystile/broker/node';
import { addBrokerTrace } from './broker-trace.ts';
import type { AddVerb, VerbContext } from './context.ts';

export const addBroker: AddVerb = (program, context) => {
  const group = program.command('broker').description('the broker: its configuration, and what a client says to it');
  group
    .command('check-config')
    .description('say what a start would find wrong with a configuration and the files that it names')
    .argument('<file>', 'TOML')
    .action((file: string) => checkConfig(file, context()));
  addBrokerTrace(group, context);
};

function checkConfig(file: string, { output, json }: VerbContext): void {
  const { configuration } = checkConfiguration(file);
  const listeners = configuration.listener.map((each) => ({
    name: each.name,
    kind: each.kind,
    at: 'port' in each ? `${each.address}:${each.port}` : each.path,
  }));
  const rules = configuration.rule?.length ?? 'of the product';
  if (json) {
    output.json({ ok: true, listeners, issuers: configuration.issuer.map(({ name }) => name), rules });
    return;
  }
  output.data(
    `${file} is whole: ${listeners.length} listeners, ${configuration.issuer.length} issuers, rules: ${rules}`,
  );
  for (const { name, kind, at } of listeners) output.data(`  ${name.padEnd(12)} ${kind.padEnd(8)} ${at}`);
}
