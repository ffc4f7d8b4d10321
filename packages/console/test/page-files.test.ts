import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { mqttModule, pageFolder } from '../src/index.ts';

const html = await readFile(join(pageFolder, 'index.html'), 'utf8');

test('the page has no inline script or style, which its content security policy would refuse', () => {
  assert.doesNotMatch(html, /<style|style=|\son[a-z]+=|javascript:/i);
  for (const [tag] of html.matchAll(/<script[^>]*>[^<]*/g)) assert.match(tag, /src="\/assets\/[^"]+">$/);
  for (const [tag] of html.matchAll(/<script[^>]*>|<link rel="stylesheet"[^>]*>/g)) assert.match(tag, /nonce="\{\{/);
});

test('nothing is fetched from elsewhere, and everything that is named exists', async () => {
  const names = await readdir(pageFolder);
  const texts = await Promise.all(names.map((name) => readFile(join(pageFolder, name), 'utf8')));
  for (const [i, text] of texts.entries()) {
    const foreign = text.match(/https?:\/\/(?!www\.w3\.org\/2000\/svg)[^\s"')]+/);
    assert.equal(foreign, null, `${names[i]}: ${foreign?.[0]}`);
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/, names[i]);
    for (const [, named] of text.matchAll(/(?:\/assets\/|from '\.\/)([\w.-]+)/g)) {
      assert.equal(names.includes(named ?? ''), true, `${names[i]} names ${named}`);
    }
  }
});

test('the bundle of MQTT.js is an ES module in the installed package', async () => {
  assert.equal(existsSync(mqttModule), true);
  assert.match((await readFile(mqttModule, 'utf8')).slice(-5000), /export default/);
});
