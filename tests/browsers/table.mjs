// Findings of scenarios as a table in Markdown.

/**
 * @param {{name: string, findings: import('./scenario.mjs').Finding[], trouble?: string}[]} scenarios
 * @returns {string}
 */
export function table(scenarios) {
  const rows = scenarios.flatMap(({ name, findings, trouble }) => [
    ...findings.map(({ step, must, seen, good }) => [name, step, must, seen, good ? 'as it must' : '**not so**']),
    // What stopped the story, when it was no finding.
    ...(trouble && findings.every(({ good }) => good) ? [[name, '', '', trouble.split('\n')[0], '**stopped**']] : []),
  ]);
  return [['scenario', 'after', 'must show', 'seen', 'verdict'], ['---', '---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('');
}
