use super::*;

fn word(end: ConnectEnd) -> KernelWord {
    KernelWord {
        end,
        after: Duration::from_micros(300),
        syn_count: 1,
        icmp: None,
        is_icmp_own: false,
        ignored_segments: false,
        own_drops: OwnDrops::None,
        answers_elsewhere: false,
        patience: Duration::from_secs(3),
        slow: Duration::from_secs(1),
    }
}

fn silent() -> KernelWord {
    KernelWord {
        after: Duration::from_millis(3500),
        syn_count: 4,
        ..word(ConnectEnd::Silent)
    }
}

fn rejected_by(kind: IcmpKind, after: Duration, is_icmp_own: bool) -> KernelWord {
    KernelWord {
        icmp: Some((kind, after)),
        is_icmp_own,
        ..word(ConnectEnd::Failed { by_reset: true })
    }
}

fn verdict(word: &KernelWord) -> (Outcome, Option<(Cause, Confidence)>) {
    let verdict = judge_kernel_word(word, &[]);
    let first = verdict.causes.first();
    (
        verdict.outcome,
        first.map(|judged| (judged.cause, judged.confidence)),
    )
}

#[test]
fn a_reset_without_packets_has_no_known_maker() {
    let (outcome, cause) = verdict(&word(ConnectEnd::Failed { by_reset: true }));
    assert_eq!(outcome, Outcome::Refused);
    assert_eq!(cause, Some((Cause::ClosedPort, Confidence::Possible)));
}

#[test]
fn an_icmp_error_is_what_it_says() {
    let soon = Duration::from_millis(1);
    let of = |kind| verdict(&rejected_by(kind, soon, false)).1;
    let certain = |cause| Some((cause, Confidence::Certain));
    assert_eq!(of(IcmpKind::V4(3, 13)), certain(Cause::AdminProhibited));
    assert_eq!(of(IcmpKind::V6(1, 4)), certain(Cause::PortUnreachable));
    assert_eq!(of(IcmpKind::V4(3, 1)), certain(Cause::HostUnreachable));
    assert_eq!(of(IcmpKind::V6(1, 7)), certain(Cause::OtherIcmp));
}

#[test]
fn an_error_of_this_host_itself_is_a_rule_or_a_neighbour_that_is_away() {
    let of = |kind, after| verdict(&rejected_by(kind, after, true)).1;
    let soon = Duration::from_micros(200);
    let late = Duration::from_millis(3060);
    assert_eq!(
        of(IcmpKind::V4(3, 13), soon),
        Some((Cause::LocalFirewall, Confidence::Certain))
    );
    // This may be a neighbour that is known to be away: what the error says comes first.
    let verdict = judge_kernel_word(&rejected_by(IcmpKind::V4(3, 1), soon, true), &[]);
    let causes: Vec<Cause> = verdict.causes.iter().map(|judged| judged.cause).collect();
    assert_eq!(causes, [Cause::HostUnreachable, Cause::LocalFirewall]);
    assert_eq!(
        of(IcmpKind::V6(1, 3), late),
        Some((Cause::HostDown, Confidence::Certain))
    );
}

#[test]
fn silence_is_possible_only_unless_something_else_is_known() {
    assert_eq!(
        verdict(&silent()),
        (
            Outcome::Dropped,
            Some((Cause::HostSilent, Confidence::Possible))
        )
    );
    let elsewhere = KernelWord {
        answers_elsewhere: true,
        ..silent()
    };
    let port = Some((Cause::PortFiltered, Confidence::Likely));
    assert_eq!(verdict(&elsewhere).1, port);
    let kept_in = KernelWord {
        own_drops: OwnDrops::All,
        ..silent()
    };
    let own = Some((Cause::LocalFirewall, Confidence::Likely));
    assert_eq!(verdict(&kept_in).1, own);
    let ignored = KernelWord {
        ignored_segments: true,
        ..silent()
    };
    let invalid = Some((Cause::InvalidReset, Confidence::Possible));
    assert_eq!(verdict(&ignored).1, invalid);
}

#[test]
fn silence_that_was_not_watched_for_long_says_nothing() {
    let impatient = KernelWord {
        after: Duration::from_secs(1),
        ..silent()
    };
    assert_eq!(verdict(&impatient), (Outcome::Pending, None));
}

#[test]
fn an_accepted_connect_can_be_closed_or_reset_or_slow() {
    let connected = |after| word(ConnectEnd::Connected(after));
    let soon = Duration::from_millis(1);
    let quiet = judge_kernel_word(&connected(AfterAccept::Quiet), &[]);
    assert_eq!(quiet.outcome, Outcome::Established);
    assert!(quiet.troubles.is_empty() && quiet.causes.is_empty());
    let closed = judge_kernel_word(&connected(AfterAccept::Closed(soon)), &[]);
    assert_eq!(closed.outcome, Outcome::Established);
    assert_eq!(closed.troubles, [Trouble::HungUp]);
    let reset = judge_kernel_word(&connected(AfterAccept::Reset(soon)), &[]);
    assert_eq!(reset.outcome, Outcome::Reset);
    let repeated = KernelWord {
        syn_count: 2,
        after: Duration::from_millis(1021),
        ..connected(AfterAccept::Quiet)
    };
    assert_eq!(judge_kernel_word(&repeated, &[]).troubles, [Trouble::Slow]);
}
