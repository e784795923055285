//! A listening socket as `ss -ltn` shows it: its two queues are the accept queue and its limit.

use super::Record;

pub(super) fn record(text: &str) -> Option<Record> {
    let mut words = text.split_whitespace().skip_while(|word| *word == "tcp");
    if words.next()? != "LISTEN" {
        return None;
    }
    let waiting: u64 = words.next()?.parse().ok()?;
    let limit: u64 = words.next()?.parse().ok()?;
    if waiting < limit || limit == 0 {
        return None;
    }
    let queues = format!("LISTEN {waiting} {limit}");
    let means = "of a listener, the first is what waits to be accepted (Recv-Q), the second the \
        limit (Send-Q): its accept queue is full";
    Some(Record::of(&["accept_queue_full", "ListenOverflows"]).reading(queues, means))
}
