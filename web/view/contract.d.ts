// What a room tells its view. The view is told, never asked.

import type { Door } from '../doors.js';
import type { Voice } from '../leg.js';
import type { Screen } from '../pictures.js';
import type {
  ChatMessage, ConferenceInfo, EndReason, ErrorCode, FileInfo, ParticipantInfo, Permission, Rules, SoundMode, Source, Talker, Waiting, WaitsFor,
} from '../protocol.d.ts';

export interface View {
  /** One is not in yet. */
  waits(until: WaitsFor, conference: ConferenceInfo): void;
  /** One is in. Again, when all begins anew: then nobody else is there any more. */
  entered(me: ParticipantInfo, title: string, mayEnd: boolean): void;
  /** Oneself has changed. */
  updateMe(me: ParticipantInfo): void;
  add(other: ParticipantInfo): Record<Source, Screen>;
  update(other: ParticipantInfo): void;
  remove(id: string): void;
  rules(rules: Rules): void;
  /** Who waits, told to moderators. */
  waiting(waiting: Waiting[]): void;
  /** A moderator asks one to switch it on. */
  asked(by: string, permission: Permission): void;
  /** Something was written; `anew`: this is all there is. */
  chat(messages: ChatMessage[], anew: boolean): void;
  /** Files are offered, or others than they were; `anew`: these are all there are. */
  files(files: FileInfo[], anew: boolean): void;
  /** A file cannot be had any more. */
  fileGone(file: number): void;
  /** How much of mine has gone to somebody or to the server; null: that is over. */
  fileLeaves(file: number, share: number | null): void;
  /** What this page passes on. */
  relaying(passed: Passed[]): void;
  talkers(talkers: Talker[]): void;
  sound(stream: MediaStream): void;
  /** Talkers' own sound, from now on and for good. */
  voices(voices: Voice[]): void;
  soundMode(mode: SoundMode): void;
  /** Mine, by the browser's own means. */
  screenEnded(): void;
  /** How the leg fares; `doors`: where the server can be reached. */
  connection(state: RTCPeerConnectionState, doors: Door[]): void;
  /** Whether the service is reached, when that changes. */
  reached(here: boolean): void;
  refused(code: ErrorCode, message: string, fatal: boolean): void;
  over(why: Over): void;
}

/** Whose picture is passed on to whom, by name. */
export interface Passed { publisher: string; to: string }

/** Why it is over for this page; `elsewhere`: another window has become this participant. */
export type Over = EndReason | 'dropped' | 'removed' | 'banned' | 'lost' | 'elsewhere';
