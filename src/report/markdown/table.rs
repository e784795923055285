//! A table as GitHub and GitLab render it.

/// Collects rows; a cell holds no line end and no bare pipe.
pub(in crate::report) struct Table {
    text: String,
}

impl Table {
    /// With these heads; `right` are the columns of numbers.
    pub(in crate::report) fn new(heads: &[&str], right: &[usize]) -> Self {
        let rules: Vec<&str> = (0..heads.len())
            .map(|column| {
                if right.contains(&column) {
                    "--:"
                } else {
                    "---"
                }
            })
            .collect();
        Self {
            text: format!("| {} |\n| {} |", heads.join(" | "), rules.join(" | ")),
        }
    }

    pub(in crate::report) fn row(&mut self, cells: &[String]) {
        self.text.push_str("\n| ");
        self.text.push_str(&cells.join(" | "));
        self.text.push_str(" |");
    }

    pub(in crate::report) fn text(self) -> String {
        self.text
    }
}
