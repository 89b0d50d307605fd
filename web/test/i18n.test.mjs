// Every language says everything, with the same blanks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choose, languages, say } from '../i18n.js';

const blanks = (sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

for (const [language, load] of Object.entries(languages)) {
  test(`${language} says everything that English says`, async () => {
    const [sentences, english] = await Promise.all([load(), languages.en()]);
    assert.deepEqual(Object.keys(sentences).sort(), Object.keys(english).sort());
    for (const [key, sentence] of Object.entries(sentences)) {
      assert.notEqual(sentence.trim(), '', key);
      assert.deepEqual(blanks(sentence), blanks(english[key]), key);
    }
  });
}

test('the first language that the page speaks is taken', () => {
  assert.equal(choose(['fr-CH', 'zh-TW', 'en']), 'zh');
  assert.equal(choose(['fr']), 'en');
  assert.equal(choose([]), 'en');
});

test('blanks are filled in', () => {
  assert.equal(say('people', { count: 2, max: 9 }), '2 of 9 people');
});
