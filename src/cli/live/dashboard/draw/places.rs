//! Where the lists stand.

use ratatui::layout::Rect;

use crate::cli::live::dashboard::state::{Pane, State};

/// From here on there is room for servers and failures side by side.
const SIDE_BY_SIDE: u16 = 160;

/// Where each list stands.
pub(super) fn places(state: &State, area: Rect, lengths: [usize; 3]) -> [Rect; 3] {
    let focus = Pane::ALL.map(|pane| pane == state.view.focus);
    let [servers, failures, findings] = lengths;
    if area.width >= SIDE_BY_SIDE {
        let half = area.width / 2;
        let left = Rect {
            width: half - 1,
            ..area
        };
        let right = Rect {
            x: area.x + half,
            width: area.width - half,
            ..area
        };
        let [in_servers, _, in_findings] = focus;
        let heights = heights(
            area.height,
            &[(servers, in_servers), (findings, in_findings)],
        );
        let mut below = stacked(left, &heights).into_iter();
        let first = below.next().unwrap_or_default();
        return [first, right, below.next().unwrap_or_default()];
    }
    let wanted: Vec<(usize, bool)> = [servers, failures, findings]
        .into_iter()
        .zip(focus)
        .collect();
    let mut below = stacked(area, &heights(area.height, &wanted)).into_iter();
    std::array::from_fn(|_| below.next().unwrap_or_default())
}

fn stacked(area: Rect, heights: &[u16]) -> Vec<Rect> {
    let mut y = area.y;
    let mut places = Vec::new();
    for height in heights {
        places.push(Rect {
            y,
            height: *height,
            ..area
        });
        y += height;
    }
    places
}

/// How many lines each list gets, with its head: the one in focus twice as many as another, none
/// more than it needs while another needs more.
fn heights(lines: u16, wanted: &[(usize, bool)]) -> Vec<u16> {
    // A head, and a line that says so when there is nothing.
    let mut heights: Vec<u16> = wanted.iter().map(|_| 2).collect();
    let needs = |(length, _): &(usize, bool)| u16::try_from(length + 1).unwrap_or(u16::MAX);
    let mut left = lines.saturating_sub(heights.iter().sum());
    while left > 0 {
        let before = left;
        for (height, wanted) in heights.iter_mut().zip(wanted) {
            let share = if wanted.1 { 2 } else { 1 };
            let more = needs(wanted).saturating_sub(*height).min(share).min(left);
            *height += more;
            left -= more;
        }
        if left == before {
            break;
        }
    }
    let focused = heights.iter_mut().zip(wanted).find(|(_, wanted)| wanted.1);
    if let Some((height, _)) = focused {
        *height += left;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_in_focus_gets_more_and_none_more_than_it_needs() {
        assert_eq!(heights(15, &[(9, true), (9, false), (9, false)]), [7, 4, 4]);
        assert_eq!(
            heights(15, &[(1, false), (50, true), (0, false)]),
            [2, 11, 2]
        );
        assert_eq!(
            heights(30, &[(1, true), (1, false), (1, false)]),
            [26, 2, 2]
        );
        assert_eq!(heights(3, &[(9, true), (9, false), (9, false)]), [2, 2, 2]);
    }
}
