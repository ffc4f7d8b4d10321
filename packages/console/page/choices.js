import { svg } from './svg.js';

/**
 * Mode, fan and swing: one group of radio buttons each, so that arrow keys and screen readers work as for any form.
 * The checked button is what the device reported; one that was asked for is marked until the report comes.
 */
const groups = {
  mode: [
    ['off', 'Off', 'M12 4v8M7.5 6.8a7 7 0 1 0 9 0'],
    ['auto', 'Auto', 'M4.5 13a7.5 7.5 0 0 1 13-6.2M17.8 3v4h-4M19.5 11a7.5 7.5 0 0 1-13 6.2M6.2 21v-4h4'],
    ['cool', 'Cool', 'M12 3v18M4.2 7.5l15.6 9M19.8 7.5l-15.6 9M9.5 4.5L12 7l2.5-2.5M9.5 19.5L12 17l2.5 2.5'],
    ['heat', 'Heat', 'M12 3c1 4 5 5.5 5 10.5a5 5 0 0 1-10 0c0-2 1-3.4 2-4.5.3 1.6 1 2.4 2 2.7-.6-3.2-.4-6 1-8.7z'],
    [
      'dry',
      'Dry',
      'M12 3.5c3 3.8 5.5 6.8 5.5 10a5.5 5.5 0 0 1-11 0c0-3.2 2.5-6.2 5.5-10zM9.5 14a2.6 2.6 0 0 0 2.5 2.6',
    ],
    ['fan_only', 'Fan', 'M3 9h11a2.7 2.7 0 1 0-2.7-2.700M3 13h15a2.7 2.7 0 1 1-2.7 2.700M3 17h7a2.2 2.2 0 1 1-2.2 2.2'],
  ],
  fan: [
    ['auto', 'Auto'],
    ['low', 'Low'],
    ['medium', 'Medium'],
    ['high', 'High'],
  ],
  swing: [
    ['off', 'Off'],
    ['vertical', 'Vertical'],
    ['horizontal', 'Horizontal'],
    ['both', 'Both'],
  ],
};

const names = new Map(Object.values(groups).flatMap((each) => each.map(([value, label]) => [value, label])));

/** How a value is called on the page. */
export function labelOf(value) {
  return names.get(value) ?? String(value);
}

export function makeChoice(fieldset, onChoose) {
  const setting = fieldset.id;
  const note = fieldset.querySelector('.pending-note');
  const options = groups[setting].map(([value, label, icon]) => {
    const input = Object.assign(document.createElement('input'), { type: 'radio', name: setting, value });
    const option = document.createElement('label');
    option.className = 'option';
    option.append(input);
    if (icon !== undefined)
      option.append(svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: icon })));
    option.append(label);
    input.addEventListener('change', () => input.checked && onChoose(value));
    return { value, input, option };
  });
  const row = document.createElement('div');
  row.className = 'options';
  row.append(...options.map(({ option }) => option));
  fieldset.append(row);

  return {
    show({ reported, pending, enabled }) {
      fieldset.disabled = !enabled;
      for (const { value, input, option } of options) {
        input.checked = value === (pending ?? reported);
        option.classList.toggle('is-pending', value === pending);
        option.classList.toggle('is-reported', value === reported);
      }
      note.hidden = pending === undefined;
      note.textContent = pending === undefined ? '' : `${labelOf(pending)} asked, still ${labelOf(reported)}`;
    },
  };
}
