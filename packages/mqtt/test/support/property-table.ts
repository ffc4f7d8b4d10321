import type { Properties } from '../../src/index.ts';
import { text } from './vectors.ts';

/** MQTT 5.0 table 2-4, written down a second time: identifier, a value, and the packets that may have it. */
export const propertyTable = {
  payloadFormatIndicator: ['01', '01', 'publish will'],
  messageExpiryInterval: ['02', '00000001', 'publish will'],
  contentType: ['03', text('a'), 'publish will'],
  responseTopic: ['08', text('a'), 'publish will'],
  correlationData: ['09', '000100', 'publish will'],
  subscriptionIdentifiers: ['0b', '8001', 'publish subscribe'],
  sessionExpiryInterval: ['11', '00000001', 'connect connack disconnect'],
  assignedClientIdentifier: ['12', text('a'), 'connack'],
  serverKeepAlive: ['13', '0001', 'connack'],
  authenticationMethod: ['15', text('a'), 'connect connack auth'],
  authenticationData: ['16', '000100', 'connect connack auth'],
  requestProblemInformation: ['17', '01', 'connect'],
  willDelayInterval: ['18', '00000001', 'will'],
  requestResponseInformation: ['19', '01', 'connect'],
  responseInformation: ['1a', text('a'), 'connack'],
  serverReference: ['1c', text('a'), 'connack disconnect'],
  reasonString: ['1f', text('a'), 'connack puback pubrec pubrel pubcomp suback unsuback disconnect auth'],
  receiveMaximum: ['21', '0001', 'connect connack'],
  topicAliasMaximum: ['22', '0001', 'connect connack'],
  topicAlias: ['23', '0001', 'publish'],
  maximumQos: ['24', '01', 'connack'],
  retainAvailable: ['25', '01', 'connack'],
  userProperties: [
    '26',
    text('a') + text('b'),
    'connect connack publish will puback pubrec pubrel pubcomp subscribe suback unsubscribe unsuback disconnect auth',
  ],
  maximumPacketSize: ['27', '00000001', 'connect connack'],
  wildcardSubscriptionAvailable: ['28', '01', 'connack'],
  subscriptionIdentifierAvailable: ['29', '01', 'connack'],
  sharedSubscriptionAvailable: ['2a', '01', 'connack'],
} as const satisfies Readonly<Record<keyof Properties, readonly [id: string, value: string, carriers: string]>>;
