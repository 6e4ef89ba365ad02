// What the browser keeps for us: of this tab, or of this browser. Where its owner forbids that, nothing is kept.

export class Memory {
  constructor(private readonly find: () => Storage) {}

  recall(key: string): string | null {
    try {
      return this.find().getItem(key);
    } catch {
      return null;
    }
  }

  keep(key: string, value: string | null): void {
    try {
      if (value === null) this.find().removeItem(key);
      else this.find().setItem(key, value);
    } catch {
      // It is forbidden or full: then the next visit begins anew.
    }
  }
}

export const ofTab = new Memory(() => window.sessionStorage);
export const ofBrowser = new Memory(() => window.localStorage);
