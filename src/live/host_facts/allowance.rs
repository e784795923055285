//! How often the kernel is asked: a flood must not make this program a burden.

use std::time::Duration;

/// So many questions in a second, each some 10 µs.
const QUESTIONS_A_SECOND: u32 = 200;

/// Walks over all processes may take this part of the time, and so much of it at once.
const WALK_SHARE: u32 = 50;
const MOST_CREDIT: Duration = Duration::from_millis(100);

/// What may still be asked.
#[derive(Debug)]
pub(super) struct Allowance {
    second: u64,
    asked: u32,
    /// Time to walk in, what was overdrawn, and when it was last reckoned.
    credit: Duration,
    debt: Duration,
    reckoned: Duration,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            second: 0,
            asked: 0,
            credit: MOST_CREDIT,
            debt: Duration::ZERO,
            reckoned: Duration::ZERO,
        }
    }
}

impl Allowance {
    /// Whether a question may be asked now; it counts then.
    pub(super) fn take_question(&mut self, running: Duration) -> bool {
        if running.as_secs() != self.second {
            self.second = running.as_secs();
            self.asked = 0;
        }
        let may_ask = self.asked < QUESTIONS_A_SECOND;
        self.asked += u32::from(may_ask);
        may_ask
    }

    /// Whether all processes may be walked over now.
    pub(super) fn may_walk(&mut self, running: Duration) -> bool {
        let earned = running.saturating_sub(self.reckoned) / WALK_SHARE;
        self.reckoned = running;
        let left = earned.saturating_sub(self.debt);
        self.debt = self.debt.saturating_sub(earned);
        self.credit = MOST_CREDIT.min(self.credit + left);
        !self.credit.is_zero()
    }

    /// A walk took so long.
    pub(super) fn walked(&mut self, took: Duration) {
        self.debt += took.saturating_sub(self.credit);
        self.credit = self.credit.saturating_sub(took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_questions_in_a_second() {
        let mut allowance = Allowance::default();
        let at = Duration::from_millis;
        let asked = (0..1000)
            .filter(|_| allowance.take_question(at(500)))
            .count();
        assert_eq!(asked, 200);
        assert!(!allowance.take_question(at(999)) && allowance.take_question(at(1000)));
    }

    #[test]
    fn walks_take_a_small_part_of_the_time() {
        let mut allowance = Allowance::default();
        let at = Duration::from_millis;
        assert!(allowance.may_walk(at(0)));
        allowance.walked(at(60));
        assert!(allowance.may_walk(at(60)), "a short one follows at once");
        allowance.walked(at(60));
        assert!(!allowance.may_walk(at(120)), "20 ms too many");
        assert!(!allowance.may_walk(at(1000)) && allowance.may_walk(at(1100)));
        assert!(allowance.may_walk(at(1_000_000)));
        allowance.walked(at(101));
        assert!(
            !allowance.may_walk(at(1_000_050)),
            "what was not used long ago is gone"
        );
    }
}
