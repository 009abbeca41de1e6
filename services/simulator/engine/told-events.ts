/**
 * What has happened to the trader and is not taken yet.
 *
 * Noted in an array that is used again and copied when it is taken, exactly as long as it must be:
 * an array that is pushed to makes room for seventeen, and most commands cause two to four.
 */
import type { VenueEvent } from '@sandpit/schemas/event.ts';

/** Places that are used again; what takes more is given up afterwards. */
const PLACES_MAX = 64;

export class ToldEvents {
  #places: VenueEvent[] = [];
  #count = 0;

  add(event: VenueEvent): void {
    this.#places[this.#count++] = event;
  }

  /** Those not taken yet; they stay. */
  get all(): readonly VenueEvent[] {
    return this.#places.slice(0, this.#count);
  }

  /** Written out for the few that most commands cause. */
  #taken(): VenueEvent[] {
    const places = this.#places;
    if (this.#count === 2) return [places[0], places[1]];
    if (this.#count === 3) return [places[0], places[1], places[2]];
    if (this.#count === 4) return [places[0], places[1], places[2], places[3]];
    return places.slice(0, this.#count);
  }

  take(): VenueEvent[] {
    const taken = this.#taken();
    this.#count = 0;
    if (this.#places.length > PLACES_MAX) this.#places = [];
    return taken;
  }
}
