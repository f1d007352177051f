/** What came and was not taken, and those who wait for more. */
export class Mailbox {
  #items = [];
  #takers = [];

  put(item) {
    const at = this.#takers.findIndex((taker) => taker.wants(item));
    if (at >= 0) this.#takers.splice(at, 1)[0].resolve(item);
    else this.#items.push(item);
  }

  /** The first that fits; those before it are dropped. */
  take(wants = () => true) {
    const at = this.#items.findIndex(wants);
    if (at < 0) return new Promise((resolve) => this.#takers.push({ wants, resolve }));
    const [item] = this.#items.splice(0, at + 1).slice(-1);
    return Promise.resolve(item);
  }

  clear() {
    this.#items.length = 0;
  }

  peek(wants = () => true) {
    return this.#items.find(wants);
  }
}
