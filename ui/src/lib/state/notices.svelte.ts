import { toast } from 'svelte-sonner';
import { messageOf } from '../client/api-error.ts';

/** Short messages: a toast for the eye, a polite live region for the ear. Prices never come here. */
export class Notices {
  /** What the live region says now. */
  spoken = $state('');

  info(text: string): void {
    this.speak(text);
    toast(text);
  }

  good(text: string): void {
    this.speak(text);
    toast.success(text);
  }

  bad(text: string): void {
    this.speak(text);
    toast.error(text);
  }

  failed(error: unknown): void {
    this.bad(messageOf(error));
  }

  /** Only for the ear. */
  speak(text: string): void {
    // The same text twice would not be announced twice; a trailing space makes it new.
    this.spoken = this.spoken === text ? `${text} ` : text;
  }
}
