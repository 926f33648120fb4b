// Plays the programme's sound as it comes, a sixth of a second behind at most a third.
// In the audio thread of the browser. What comes too late is left out rather than saved up.

const KEEP_S = 0.16;
const MOST_S = 0.4;

class Programme extends AudioWorkletProcessor {
  constructor() {
    super();
    this.waiting = [];
    this.count = 0;
    this.read = 0;
    this.playing = false;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take(samples) {
    this.waiting.push(samples);
    this.count += samples.length;
    while (this.count - this.read > MOST_S * sampleRate && this.waiting.length > 1) {
      const gone = this.waiting.shift();
      this.count -= gone.length;
      this.read = 0;
    }
  }

  process(_, [output]) {
    const into = output[0];
    const there = this.count - this.read;
    if (!this.playing && there < KEEP_S * sampleRate) return true;
    this.playing = there >= into.length;
    if (!this.playing) return true;
    for (let i = 0; i < into.length; i += 1) {
      const first = this.waiting[0];
      into[i] = first[this.read];
      this.read += 1;
      if (this.read === first.length) {
        this.count -= first.length;
        this.waiting.shift();
        this.read = 0;
      }
    }
    for (const other of output.slice(1)) other.set(into);
    return true;
  }
}

registerProcessor("programme", Programme);
