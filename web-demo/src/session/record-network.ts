import type { ActivityLog } from "../model/activity-log.ts";
import type { NetworkSwitch } from "../network/network-switch.ts";
import type { TimelineStore } from "../timeline/timeline-store.ts";

/** Write down when the viewer cuts and restores the network, and emit the events that a browser would. */
export function recordNetwork(network: NetworkSwitch, activity: ActivityLog, timeline: TimelineStore): void {
  network.subscribe(() => {
    const isCut = network.getSnapshot();
    timeline.add({ type: isCut ? "cut" : "restored" });
    activity.add(isCut ? "cut" : "restored", isCut ? "You cut the network." : "You restored the network.");
    window.dispatchEvent(new Event(isCut ? "offline" : "online"));
  });
}
