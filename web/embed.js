// The page in a frame of another site: what that site may ask for, and what it is told. Only sites that the service
// lists are heard, and answers go to them alone. EMBEDDING.md has the words. Knows no DOM but messages between windows.

/** @typedef {'ready' | 'waiting' | 'joined' | 'left' | 'ended' | 'participant_joined' | 'participant_left' | 'talking' | 'error'} EventName */

/**
 * What a site can ask for; each throws, or rejects, with the reason when it cannot be done now.
 * @typedef {object} Commands
 * @property {(how: {name: string, microphone?: boolean, camera?: boolean}) => unknown} join
 * @property {() => unknown} leave
 * @property {(on: boolean) => unknown} microphone
 * @property {(on: boolean) => unknown} camera
 * @property {() => unknown} report
 */

/** @typedef {{source: unknown, origin: string, data: unknown}} Message */
/** @typedef {{postMessage: (message: unknown, origin: string) => void}} Parent */

/** Why a command was not obeyed, in a word for programs. */
export class NotNow extends Error {}

export class Embedding {
  #parent; #commands;
  /** @type {Promise<string[]>} */ #origins;
  /** The site that shows the page, once it has proved to be a listed one. @type {string | null} */ #site = null;

  /**
   * @param {Parent} parent
   * @param {Commands} commands
   * @param {Promise<string[]>} origins  that may show and ask
   */
  constructor(parent, commands, origins) {
    this.#parent = parent;
    this.#commands = commands;
    this.#origins = origins.then((all) => all.map((origin) => new URL(origin).origin), () => []);
  }

  /**
   * The site says nothing before it hears `ready`; who shows the page some browsers tell.
   * @param {string | undefined} origin
   */
  async greet(origin) {
    if (origin && (await this.#origins).includes(origin)) this.#heardFrom(origin);
  }

  /** @param {Message} message */
  async receive({ source, origin, data }) {
    if (source !== this.#parent || !isOurs(data) || !(await this.#origins).includes(origin)) return;
    this.#heardFrom(origin);
    const { convene, request = null } = data;
    if (convene === 'hello') return;
    try {
      const value = await this.#obey(data);
      this.#tell({ convene: 'done', request, ...(convene === 'report' ? { report: value } : {}) });
    } catch (error) {
      this.#tell({ convene: 'refused', request, why: error instanceof NotNow ? error.message : 'failed' });
    }
  }

  /**
   * Something happened that a site may want to know.
   * @param {EventName} event
   * @param {object} [what]
   */
  tell(event, what = {}) { this.#tell({ convene: event, ...what }); }

  /** @param {Command} command */
  #obey(command) {
    switch (command.convene) {
      case 'join': return this.#commands.join(wanted(command));
      case 'leave': return this.#commands.leave();
      case 'microphone':
      case 'camera': return this.#commands[command.convene](truth(command.on));
      case 'report': return this.#commands.report();
      default: throw new NotNow('unknown');
    }
  }

  /** @param {string} origin */
  #heardFrom(origin) {
    const first = this.#site === null;
    this.#site = origin;
    if (first) this.tell('ready');
  }

  /** @param {object} message */
  #tell(message) {
    if (this.#site) this.#parent.postMessage(message, this.#site);
  }
}

/** @typedef {{convene: string, request?: unknown, [field: string]: unknown}} Command */

/**
 * @param {unknown} data
 * @returns {data is Command}
 */
function isOurs(data) {
  return typeof data === 'object' && data !== null && 'convene' in data && typeof data.convene === 'string';
}

/** @param {Command} command */
function wanted({ name, microphone, camera }) {
  if (typeof name !== 'string') throw new NotNow('malformed');
  const maybe = (/** @type {unknown} */ on) => (on === undefined ? undefined : truth(on));
  return { name, microphone: maybe(microphone), camera: maybe(camera) };
}

/** @param {unknown} on */
function truth(on) {
  if (typeof on !== 'boolean') throw new NotNow('malformed');
  return on;
}

/**
 * Listens to the site that shows this page in a frame, if one does.
 * @param {Commands} commands
 * @param {() => Promise<{origins: string[]}>} listed  the service's list
 * @returns {{tell: Embedding['tell']}}
 */
export function embed(commands, listed) {
  if (window.parent === window) return { tell() {} };
  const embedding = new Embedding(window.parent, commands, listed().then(({ origins }) => origins));
  addEventListener('message', (message) => void embedding.receive(message));
  void embedding.greet(location.ancestorOrigins?.[0] ?? siteOf(document.referrer));
  return embedding;
}

/**
 * The same view, of which the site hears, too.
 * @param {import('./view/contract.d.ts').View} view
 * @param {{tell: Embedding['tell']}} site
 * @returns {import('./view/contract.d.ts').View}
 */
export function overheard(view, site) {
  let talking = '';
  /** @type {{[T in keyof import('./view/contract.d.ts').View]?: (...what: Parameters<import('./view/contract.d.ts').View[T]>) => void}} */
  const ears = {
    waits: (until) => site.tell('waiting', { until }),
    entered: (me, title) => site.tell('joined', { me: person(me), title }),
    add: (other) => site.tell('participant_joined', { participant: person(other) }),
    remove: (id) => site.tell('participant_left', { participant: { id } }),
    talkers(talkers) {
      const ids = talkers.map(({ id }) => id);
      if (talking !== ids.join()) site.tell('talking', { ids });
      talking = ids.join();
    },
    refused: (code, message, fatal) => site.tell('error', { code, message, fatal }),
    over: (why) => site.tell('ended', { why }),
  };
  const both = Object.entries(view).map(([name, show]) => [name, (/** @type {unknown[]} */ ...what) => {
    const shown = /** @type {Function} */ (show)(...what);
    /** @type {Record<string, Function>} */ (ears)[name]?.(...what);
    return shown;
  }]);
  return Object.fromEntries(both);
}

/** @param {import('./protocol.d.ts').ParticipantInfo} info */
const person = ({ id, name, role }) => ({ id, name, role });

/** @param {string} referrer */
const siteOf = (referrer) => (URL.canParse(referrer) ? new URL(referrer).origin : undefined);
