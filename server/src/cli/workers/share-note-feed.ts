import type { NoteFeed } from "../../services/note-feed.ts";
import type { Bus } from "../../store/bus.ts";

const CHANNEL = "countersign_notes";

/** Wake those who watch at other processes of this server, too: at once, and not only when these look next. */
export function shareNoteFeed(feed: NoteFeed, bus: Bus): NoteFeed {
  bus.listen(CHANNEL, (owner) => feed.announce(owner));
  return {
    watch: (owner) => feed.watch(owner),
    announce(owner) {
      feed.announce(owner);
      void bus.say(CHANNEL, owner);
    },
  };
}
