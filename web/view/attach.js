// Where files are given to be offered: chosen, dropped onto the chat, or pasted where one writes.

import { say } from '../i18n.js';
import { element } from './elements.js';
import { icon } from './icons.js';

/** @param {(files: File[]) => void} give */
export function attach(give) {
  const choose = /** @type {HTMLInputElement} */ (element('choose'));
  const [button, panel] = [element('attach'), element('panel-chat')];
  button.replaceChildren(icon('attach'));
  button.title = button.ariaLabel = say('fileOffer');
  button.onclick = () => choose.click();
  choose.onchange = () => {
    give([...choose.files ?? []]);
    choose.value = '';
  };
  /** Text is no file, even where there are both. @param {Event} event @param {DataTransfer | null} data */
  const given = (event, data) => {
    panel.classList.remove('dropping');
    if (!data?.files.length) return;
    event.preventDefault();
    give([...data.files]);
  };
  element('words').onpaste = (event) => given(event, event.clipboardData);
  panel.ondragover = (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    panel.classList.add('dropping');
  };
  panel.ondragleave = () => panel.classList.remove('dropping');
  panel.ondrop = (event) => given(event, event.dataTransfer);
}
