// Every sentence of the page, in every language it speaks. Keys are what the sentence is for, never its text.

/** @typedef {keyof typeof en} Key */

const en = {
  title: 'Convene',
  tagline: 'Sound meets on the server, pictures fly between the browsers.',
  publicConferences: 'Public conferences',
  noneListed: 'There is none at the moment.',
  people: '{count} of {max} people',
  newConference: 'New conference',
  conferenceTitle: 'Title',
  maxParticipants: 'Most people',
  listed: 'Show it in the public list',
  create: 'Create',
  joinHeading: 'Join “{title}”',
  untitled: 'Conference',
  yourName: 'Your name',
  camera: 'Camera',
  microphone: 'Microphone',
  noCamera: 'No camera',
  noMicrophone: 'No microphone',
  music: 'Music (no echo cancellation)',
  join: 'Join',
  joining: 'Joining …',
  addressNotice: 'So the others can learn your network address, unless you hide it: then your pictures go through the server.',
  insecure: 'Camera and microphone need https (or localhost). You can still join and listen.',
  refusedDevices: 'The browser refuses camera and microphone: allow them in the address bar and reload. You can still join and listen.',
  noDevices: 'No camera or microphone was found. You can still join and listen.',
  busyDevices: 'Camera or microphone is used by another program. You can still join and listen.',
  you: '{name} (you)',
  pathDirect: 'direct',
  pathServer: 'through the server',
  pathPeer: 'through {name}',
  pathPeerHint: 'This picture comes through {name}’s browser.',
  relaying: 'You pass {publisher}’s picture on to {to}.',
  pictureOptions: 'Pictures go from browser to browser',
  relays: 'Pass pictures on to people who cannot reach each other',
  hidesAddress: 'Hide my address',
  uplink: 'Pictures I send at once, at most',
  pathNone: 'no picture',
  pathDirectHint: 'This picture comes directly from the other browser.',
  pathServerHint: 'This picture comes through the server.',
  whyConnected: 'The two browsers are connected.',
  whyTrying: 'The two browsers are still trying to connect.',
  whyBothPrivate: 'Both are on private networks.',
  whyNotConnected: 'The two browsers do not reach each other.',
  whyUplinkSpent: 'Its sender already sends as many pictures as the line carries.',
  whyRelayLost: 'Whoever passed it on does so no more.',
  whyNoCommonWay: 'Nobody is there whom both browsers reach.',
  whyHidesAddress: 'One of the two hides the address.',
  pathNoneHint: 'No camera is on.',
  muted: 'muted',
  mute: 'Mute',
  unmute: 'Unmute',
  stopCamera: 'Stop camera',
  startCamera: 'Start camera',
  copyLink: 'Copy link',
  linkCopied: 'Link copied',
  leave: 'Leave',
  relaySound: 'Send voices unmixed',
  mixSound: 'Mix voices',
  endForAll: 'End for all',
  confirmEnd: 'End the conference for everyone?',
  tapToHear: 'Tap to hear',
  alone: 'Nobody else is here yet. Send the link to those who should come.',
  connecting: 'Connecting …',
  interrupted: 'The connection is interrupted. Trying again …',
  socketLost: 'The connection with the server is lost. Reload the page to come back.',
  left: 'You have left the conference.',
  endedModerator: 'The moderator ended the conference.',
  endedEmpty: 'The conference has ended, since nobody was in it.',
  endedShutdown: 'The server is shutting down. The conference has ended.',
  dropped: 'The server could not reach your browser, so you are no longer in the conference.',
  back: 'To the start page',
  rejoin: 'Join again',
  errorFull: 'This conference is full.',
  errorNoConference: 'There is no such conference, or it has ended.',
  errorBadToken: 'This link is not valid any more.',
  errorBadName: 'A name has 1 to 64 characters.',
  errorForbidden: 'You may not do that.',
  errorTooMany: 'Too many requests. Wait a moment and try again.',
  errorOther: 'Something went wrong: {message}',
  errorNetwork: 'The server does not answer.',
};

/** @type {Record<Key, string>} */
const zh = {
  title: 'Convene',
  tagline: '声音在服务器汇合，画面在浏览器之间直达。',
  publicConferences: '公开会议',
  noneListed: '目前没有公开会议。',
  people: '{count} / {max} 人',
  newConference: '新建会议',
  conferenceTitle: '标题',
  maxParticipants: '人数上限',
  listed: '显示在公开列表中',
  create: '创建',
  joinHeading: '加入“{title}”',
  untitled: '会议',
  yourName: '您的名字',
  camera: '摄像头',
  microphone: '麦克风',
  noCamera: '不使用摄像头',
  noMicrophone: '不使用麦克风',
  music: '音乐模式（关闭回声消除）',
  join: '加入',
  joining: '正在加入……',
  addressNotice: '因此其他人可能得知您的网络地址；如选择隐藏，您的画面将经由服务器传输。',
  insecure: '摄像头和麦克风需要 https（或 localhost）。您仍可加入并收听。',
  refusedDevices: '浏览器拒绝使用摄像头和麦克风：请在地址栏中允许后重新加载。您仍可加入并收听。',
  noDevices: '没有找到摄像头或麦克风。您仍可加入并收听。',
  busyDevices: '摄像头或麦克风正被其他程序占用。您仍可加入并收听。',
  you: '{name}（您）',
  pathDirect: '直连',
  pathServer: '经服务器',
  pathPeer: '经 {name}',
  pathPeerHint: '此画面经由 {name} 的浏览器转发。',
  relaying: '您正在把 {publisher} 的画面转发给 {to}。',
  pictureOptions: '画面在浏览器之间直接传输',
  relays: '为无法互通的人转发画面',
  hidesAddress: '隐藏我的地址',
  uplink: '同时发送画面的上限',
  pathNone: '无画面',
  pathDirectHint: '此画面直接来自对方的浏览器。',
  pathServerHint: '此画面经由服务器传输。',
  whyConnected: '两个浏览器已连接。',
  whyTrying: '两个浏览器仍在尝试连接。',
  whyBothPrivate: '双方都在专用网络中。',
  whyNotConnected: '两个浏览器无法互通。',
  whyUplinkSpent: '发送者的线路已达到可发送的画面数。',
  whyRelayLost: '原来的转发者已不再转发。',
  whyNoCommonWay: '没有双方浏览器都能到达的人。',
  whyHidesAddress: '其中一方隐藏了地址。',
  pathNoneHint: '摄像头未开启。',
  muted: '已静音',
  mute: '静音',
  unmute: '取消静音',
  stopCamera: '关闭摄像头',
  startCamera: '开启摄像头',
  copyLink: '复制链接',
  linkCopied: '链接已复制',
  leave: '离开',
  relaySound: '不混音，直接转发',
  mixSound: '混音',
  endForAll: '结束会议',
  confirmEnd: '要为所有人结束会议吗？',
  tapToHear: '点按以收听',
  alone: '还没有其他人。请把链接发给要参加的人。',
  connecting: '正在连接……',
  interrupted: '连接中断，正在重试……',
  socketLost: '与服务器的连接已断开。请重新加载页面以返回。',
  left: '您已离开会议。',
  endedModerator: '主持人已结束会议。',
  endedEmpty: '会议因无人而结束。',
  endedShutdown: '服务器正在关闭，会议已结束。',
  dropped: '服务器无法连接到您的浏览器，您已不在会议中。',
  back: '返回首页',
  rejoin: '重新加入',
  errorFull: '会议人数已满。',
  errorNoConference: '会议不存在或已结束。',
  errorBadToken: '此链接已失效。',
  errorBadName: '名字应为 1 至 64 个字符。',
  errorForbidden: '您无权执行此操作。',
  errorTooMany: '请求过多，请稍候再试。',
  errorOther: '出错了：{message}',
  errorNetwork: '服务器没有响应。',
};

/** @type {Record<string, Record<Key, string>>} */
export const languages = { en, zh };

/**
 * The first of the wanted languages that the page speaks.
 * @param {readonly string[]} wanted
 */
export function choose(wanted) {
  const known = wanted.map((tag) => tag.split('-')[0]).find((tag) => tag in languages);
  return known ?? 'en';
}

export const language = choose(globalThis.navigator?.languages ?? []);

/**
 * A sentence, with its blanks filled in.
 * @param {Key} key
 * @param {Record<string, string | number>} [blanks]
 */
export function say(key, blanks = {}) {
  return languages[language][key].replace(/\{(\w+)\}/g, (_, name) => String(blanks[name] ?? ''));
}

/**
 * Puts sentences where the document asks for them with `data-say`.
 * @param {Document} document
 */
export function translate(document) {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-say]')) {
    element.textContent = say(/** @type {Key} */ (element.getAttribute('data-say')));
  }
}
