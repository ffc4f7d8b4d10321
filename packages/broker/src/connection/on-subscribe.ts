import {
  NO_PROPERTIES,
  type Properties,
  Reason,
  SUBSCRIBE_FAILURE,
  type SubscribePacket,
  type SubscriptionRequest,
  sharedFilter,
  type UnsubscribePacket,
} from '@keystile/mqtt';
import { checkTopic } from '../access/check-topic.ts';
import { isSaid, type Refusal, reasonOf, refuse, sentenceOf } from '../refusal.ts';
import type { Subscription } from '../store/store.ts';
import type { Connected } from './connected.ts';

/** SUBSCRIBE (§3.8): every filter is decided alone and answered in order; retained messages follow the SUBACK. */
export function onSubscribe(connected: Connected, packet: SubscribePacket): void {
  const { link, session } = connected;
  const { router, store } = link.parts;
  const identifier = packet.properties.subscriptionIdentifiers?.[0];
  const codes: number[] = [];
  const wantRetained: Subscription[] = [];
  let explanation: Properties = NO_PROPERTIES;
  for (const request of packet.subscriptions) {
    const refusal = checkSubscribe(connected, request);
    if (refusal !== undefined) {
      connected.logRefusal('subscribe-refused', refusal);
      codes.push(connected.version === 5 ? codeOf(refusal) : SUBSCRIBE_FAILURE);
      if (explanation === NO_PROPERTIES && isSaid(refusal)) explanation = connected.explain(sentenceOf(refusal));
      continue;
    }
    const isNew = !session.stored.subscriptions.has(request.filter);
    const subscription: Subscription = { ...request, identifier };
    router.subscribe(session, subscription);
    codes.push(request.qos);
    if (wantsRetained(request, isNew)) wantRetained.push(subscription);
  }
  store.whenDurable(() => {
    link.send({ kind: 'suback', packetId: packet.packetId, codes, properties: explanation }, connected.version);
    for (const subscription of wantRetained) {
      // It may have been removed or replaced while the store wrote.
      const isCurrent = session.stored.subscriptions.get(subscription.filter) === subscription;
      if (isCurrent) router.deliverRetained(session, subscription);
    }
  });
}

/** A shared subscription gets no retained messages (§4.8.2). */
function wantsRetained(request: SubscriptionRequest, isNew: boolean): boolean {
  if (sharedFilter(request.filter) !== undefined) return false;
  return request.retainHandling === 0 || (request.retainHandling === 1 && isNew);
}

function checkSubscribe(connected: Connected, request: SubscriptionRequest): Refusal | undefined {
  const { link, session } = connected;
  const { parts, peer } = link;
  const { identity } = peer.credentials;
  const filter = sharedFilter(request.filter)?.filter ?? request.filter;
  const tooDeep = checkTopic(filter, peer.listener.limits);
  if (tooDeep !== undefined) return tooDeep;
  const { allowed, rule } = parts.access.permissionsOf(identity).maySubscribe(filter);
  if (!allowed) {
    const sentence = `'${identity.urn}' may not subscribe to '${request.filter}'`;
    return rule?.silent === true ? refuse('KS-B307', sentence) : refuse('KS-B301', sentence);
  }
  const { subscriptions } = session.stored;
  const { subscriptionsMax } = peer.listener.limits;
  if (subscriptions.size >= subscriptionsMax && !subscriptions.has(request.filter)) {
    return refuse('KS-B304', `the session has ${subscriptionsMax} subscriptions, the most that are allowed`);
  }
  return undefined;
}

/** A filter that is too deep is an invalid filter, not an invalid topic name. */
function codeOf(refusal: Refusal): number {
  return refusal.code === 'KS-B303' ? Reason.topicFilterInvalid : reasonOf(refusal);
}

/** UNSUBSCRIBE (§3.10). */
export function onUnsubscribe(connected: Connected, packet: UnsubscribePacket): void {
  const { link, session, version } = connected;
  const codes = packet.filters.map((filter) =>
    link.parts.router.unsubscribe(session, filter) ? Reason.success : Reason.noSubscriptionExisted,
  );
  link.parts.store.whenDurable(() => {
    link.send({ kind: 'unsuback', packetId: packet.packetId, codes, properties: NO_PROPERTIES }, version);
  });
}
