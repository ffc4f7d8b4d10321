import { type EvidenceAnswers, evidenceAnswers, evidenceProperties } from './evidence-answers.ts';
import { type ChipStreamOptions, type DeviceStream, stream } from './stream.ts';

/**
 * Everything that MQTT.js has to be given for a broker behind the part:
 *
 *     const broker = mqttDialer({ chip, host, port, serverName });
 *     const client = new MqttClient(broker.dial, { clientId, ...broker.options });
 *     client.handleAuth = broker.handleAuth;
 *
 * MQTT.js reconnects by itself, and each time through `dial`.
 */
export interface DialerOptions extends ChipStreamOptions {
  /** Default true; a broker that does not know evidence refuses a client that offers it. */
  readonly evidence?: boolean;
  /** Why a connection failed or broke, with its code: MQTT.js drops the errors of streams that are not its own. */
  readonly onError?: (error: Error) => void;
}

export interface MqttDialer {
  readonly dial: () => DeviceStream;
  readonly options: { readonly protocolVersion: 5; readonly properties?: { authenticationMethod: string } };
  readonly handleAuth: EvidenceAnswers;
}

export function mqttDialer({ evidence = true, onError = () => undefined, ...options }: DialerOptions): MqttDialer {
  let current: DeviceStream | undefined;
  return {
    dial: () => {
      current = stream(options).on('error', onError);
      return current;
    },
    options: { protocolVersion: 5, ...(evidence && { properties: { ...evidenceProperties } }) },
    handleAuth: evidenceAnswers(() => current),
  };
}
