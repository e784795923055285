//! Clocks that are known before they are estimated.

use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000_000;

/// Handshakes, one a second, over a path of 1 ms each way and a bit that varies: SYN and SYN-ACK at
/// both places, on a clock that shows `local` when the first one shows a time.
fn handshakes(seconds: i64, local: impl Fn(i64) -> i64) -> Vec<Sample> {
    let jitter = |second: i64| (second * 7919) % 400_000;
    (0..seconds)
        .flat_map(|second| {
            let sent = second * SECOND;
            let arrives = sent + 1_000_000 + jitter(second);
            let answered = arrives + 50_000;
            let returns = answered + 1_000_000 + jitter(second + 3);
            [
                Sample {
                    way: Way::Forth,
                    reference: sent,
                    local: local(arrives),
                    off: 0,
                },
                Sample {
                    way: Way::Back,
                    reference: returns,
                    local: local(answered),
                    off: 0,
                },
            ]
        })
        .collect()
}

/// How far the estimate is off at most, at any second.
fn worst(clock: &ClockEstimate, seconds: i64, local: impl Fn(i64) -> i64) -> i64 {
    let off = |second: i64| {
        let at = second * SECOND;
        let (told, _) = clock
            .to_reference(Timestamp::from_nanoseconds(local(at)))
            .unwrap();
        (told - at).abs()
    };
    (0..seconds).map(off).max().unwrap()
}

proptest! {
    #[test]
    fn a_clock_of_any_offset_is_within_the_width_that_is_told(
        ahead in -200_000 * SECOND..200_000 * SECOND,
    ) {
        let local = |at: i64| at + ahead;
        let clock = ClockEstimate::of(handshakes(60, local));
        let width = i64::try_from(clock.uncertainty_ns().unwrap()).unwrap();
        prop_assert_eq!(clock.steps().count(), 0);
        prop_assert!(clock.drift_ppm().abs() < f64::EPSILON);
        prop_assert!(width < 1_200_000, "{}", width);
        prop_assert!(worst(&clock, 60, local) <= width);
    }

    #[test]
    fn one_that_drifts_is_followed(ppm in -200_i64..200) {
        let local = |at: i64| at + 3600 * SECOND + at * ppm / 1_000_000;
        let clock = ClockEstimate::of(handshakes(600, local));
        prop_assert_eq!(clock.steps().count(), 0);
        prop_assert!(worst(&clock, 600, local) < 3_000_000, "{:?}", clock);
    }

    #[test]
    fn one_that_is_set_is_told_with_when_and_by_how_much(
        moved in prop_oneof![-5000 * SECOND..-2 * SECOND, 2 * SECOND..5000 * SECOND],
        second in 20_i64..40,
    ) {
        let local = |at: i64| if at < second * SECOND - SECOND / 2 { at } else { at + moved };
        let clock = ClockEstimate::of(handshakes(60, local));
        let steps: Vec<(Timestamp, i64)> = clock.steps().collect();
        prop_assert_eq!(steps.len(), 1, "{:?}", &clock);
        prop_assert!((steps[0].1 - moved).abs() < 2_000_000);
    }
}

#[test]
fn packets_of_one_direction_bound_it_from_one_side() {
    let mut samples = handshakes(10, |at| at + 5 * SECOND);
    samples.retain(|sample| sample.way == Way::Forth);
    let clock = ClockEstimate::of(samples);
    assert_eq!(clock.uncertainty_ns(), None);
    let ahead = clock.offset_ns().unwrap() - 5 * SECOND;
    assert!((0..2_000_000).contains(&ahead), "{ahead}");
}

#[test]
fn nothing_in_common_tells_nothing() {
    let clock = ClockEstimate::of(Vec::new());
    assert!(clock.is_unknown());
    assert_eq!(clock.offset_ns(), None);
    assert_eq!(clock.to_local(0), None);
}

#[test]
fn a_packet_that_was_taken_for_another_is_no_step() {
    let mut samples = handshakes(60, |at| at + SECOND);
    samples.push(Sample {
        way: Way::Forth,
        reference: 30 * SECOND + 1,
        local: 20 * SECOND,
        off: 0,
    });
    let clock = ClockEstimate::of(samples);
    assert_eq!(clock.steps().count(), 0, "{clock:?}");
    assert!((clock.offset_ns().unwrap() - SECOND).abs() < 1_000_000);
}
