import { svg } from './svg.js';

/**
 * The dial: 16 to 30 °C on three quarters of a circle, as a slider for pointer and keyboard.
 *
 *        · 23 ·            The needle is the room, the knob the set point, and the coloured arc between them is
 *     ·         ·          what the machine still has to do. A hollow knob has been asked for and not reported
 *   16           30        back; the dot on the track stays where the device last said it is set.
 *
 * It shows and reports values; it sends nothing. `onDraft` follows the finger, `onCommit` comes when it rests.
 */
export const SET_POINT_MIN = 16;
export const SET_POINT_MAX = 30;
export const SET_POINT_STEP = 0.5;

const SIZE = 340;
const CENTRE = SIZE / 2;
const RADIUS = 140;
const FIRST_ANGLE = 135;
const SWEEP = 270;
/** Time without another key or click after which a value counts as chosen. */
const SETTLE_MS = 500;
const PAGE_STEP = 2;

export function makeDial(frame, { onDraft, onCommit }) {
  const parts = drawn();
  const { face } = parts;
  frame.append(face);

  let value;
  let settling;

  function draft(next, settleMs) {
    value = clamp(next);
    onDraft(value);
    clearTimeout(settling);
    settling = settleMs === undefined ? undefined : setTimeout(commit, settleMs);
  }

  function commit() {
    clearTimeout(settling);
    settling = undefined;
    if (value !== undefined) onCommit(value);
  }

  listen(face, { current: () => value, draft, commit });

  return {
    /** One step up or down, as the buttons beside the value do. */
    step: (direction) => value !== undefined && draft(value + direction * SET_POINT_STEP, SETTLE_MS),
    show(state) {
      value = state.shown;
      face.setAttribute('aria-disabled', String(!state.enabled));
      if (value !== undefined) place(parts, state);
    },
  };
}

function drawn() {
  const gap = svg('path', { class: 'dial-gap' });
  const needle = svg('line', { class: 'dial-needle', x1: RADIUS - 15, x2: RADIUS + 15, y1: 0, y2: 0 });
  const reportedDot = svg('circle', { class: 'dial-reported', r: 4.5 });
  const knob = svg(
    'g',
    { class: 'dial-knob' },
    svg('circle', { class: 'knob-halo', r: 25 }),
    svg('circle', { class: 'knob', r: 15 }),
  );
  const face = svg(
    'svg',
    { viewBox: `0 0 ${SIZE} ${SIZE}`, role: 'slider', tabindex: 0, 'aria-label': 'Set point' },
    ...ticks(),
    svg('path', { class: 'dial-track', d: arc(SET_POINT_MIN, SET_POINT_MAX) }),
    gap,
    reportedDot,
    needle,
    knob,
  );
  face.setAttribute('aria-valuemin', SET_POINT_MIN);
  face.setAttribute('aria-valuemax', SET_POINT_MAX);
  return { face, gap, needle, reportedDot, knob };
}

/** Keys settle after a moment; a drag counts when the finger leaves. */
function listen(face, { current, draft, commit }) {
  face.addEventListener('keydown', (event) => {
    const next = keyTarget(event.key, current());
    if (next === undefined || isDisabled(face)) return;
    event.preventDefault();
    draft(next, SETTLE_MS);
  });
  face.addEventListener('pointerdown', (event) => {
    if (isDisabled(face) || !isOnRing(face, event)) return;
    face.setPointerCapture(event.pointerId);
    draft(valueAt(face, event, current()));
  });
  face.addEventListener('pointermove', (event) => {
    if (face.hasPointerCapture(event.pointerId)) draft(valueAt(face, event, current()));
  });
  face.addEventListener('pointerup', (event) => {
    if (face.hasPointerCapture(event.pointerId)) commit();
  });
}

function place({ face, gap, needle, reportedDot, knob }, { temperature, reported, shown, pending }) {
  face.setAttribute('aria-valuenow', shown);
  face.setAttribute('aria-valuetext', `${shown.toFixed(1)} degrees${pending ? ', not reported back yet' : ''}`);
  knob.setAttribute('transform', onRing(shown));
  knob.classList.toggle('is-pending', pending);
  reportedDot.setAttribute('transform', onRing(reported));
  needle.setAttribute('transform', `translate(${CENTRE} ${CENTRE}) rotate(${angleOf(temperature)})`);
  gap.setAttribute('d', arc(Math.min(temperature, shown), Math.max(temperature, shown)));
}

function ticks() {
  const lines = [];
  for (let degree = SET_POINT_MIN; degree <= SET_POINT_MAX; degree += 1) {
    const labelled = degree % 2 === 0;
    const turn = `translate(${CENTRE} ${CENTRE}) rotate(${angleOf(degree)})`;
    lines.push(
      svg('line', { class: 'dial-tick', x1: RADIUS - 20, x2: RADIUS - (labelled ? 28 : 24), transform: turn }),
    );
    if (!labelled) continue;
    const [x, y] = point(degree, RADIUS - 40);
    const text = svg('text', { class: 'dial-number', x, y, 'text-anchor': 'middle', 'dominant-baseline': 'central' });
    text.textContent = String(degree);
    lines.push(text);
  }
  return lines;
}

function keyTarget(key, value) {
  if (value === undefined) return undefined;
  const targets = {
    ArrowUp: value + SET_POINT_STEP,
    ArrowRight: value + SET_POINT_STEP,
    ArrowDown: value - SET_POINT_STEP,
    ArrowLeft: value - SET_POINT_STEP,
    PageUp: value + PAGE_STEP,
    PageDown: value - PAGE_STEP,
    Home: SET_POINT_MIN,
    End: SET_POINT_MAX,
  };
  return targets[key];
}

function isDisabled(face) {
  return face.getAttribute('aria-disabled') === 'true';
}

function polar(face, event) {
  const box = face.getBoundingClientRect();
  const scale = SIZE / box.width;
  const x = (event.clientX - box.left) * scale - CENTRE;
  const y = (event.clientY - box.top) * scale - CENTRE;
  return { radius: Math.hypot(x, y), degrees: (Math.atan2(y, x) * 180) / Math.PI };
}

/** A finger's width around the track counts; the middle of the dial does not move the knob. */
function isOnRing(face, event) {
  const { radius } = polar(face, event);
  return radius > RADIUS - 34 && radius < RADIUS + 30;
}

/** Through the opening at the bottom a drag stays at the end where it is: no jump from 16 to 30. */
function valueAt(face, event, before) {
  const turned = (polar(face, event).degrees - FIRST_ANGLE + 720) % 360;
  if (turned > SWEEP)
    return before !== undefined && before > (SET_POINT_MIN + SET_POINT_MAX) / 2 ? SET_POINT_MAX : SET_POINT_MIN;
  return SET_POINT_MIN + (turned / SWEEP) * (SET_POINT_MAX - SET_POINT_MIN);
}

function clamp(value) {
  const stepped = Math.round(value / SET_POINT_STEP) * SET_POINT_STEP;
  return Math.min(SET_POINT_MAX, Math.max(SET_POINT_MIN, stepped));
}

/** Degrees clockwise from three o'clock; temperatures beyond the scale rest at its ends. */
function angleOf(value) {
  const share = (value - SET_POINT_MIN) / (SET_POINT_MAX - SET_POINT_MIN);
  return FIRST_ANGLE + Math.min(1, Math.max(0, share)) * SWEEP;
}

function point(value, radius) {
  const angle = (angleOf(value) * Math.PI) / 180;
  return [CENTRE + radius * Math.cos(angle), CENTRE + radius * Math.sin(angle)];
}

function onRing(value) {
  const [x, y] = point(value, RADIUS);
  return `translate(${x} ${y})`;
}

function arc(from, to) {
  const [x1, y1] = point(from, RADIUS);
  const [x2, y2] = point(to, RADIUS);
  const large = angleOf(to) - angleOf(from) > 180 ? 1 : 0;
  return `M${x1} ${y1} A${RADIUS} ${RADIUS} 0 ${large} 1 ${x2} ${y2}`;
}
