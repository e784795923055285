//! Each question is asked once, however many tables of a query are made from it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::error::{DataFusionError, Result};
use tcpwhy::report::{Handover, Report, Settings, Tool};
use tokio::sync::OnceCell;

use crate::fleet::{Answer, Fleet};
use crate::plan::Question;

/// What captures say.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) report: Report,
    /// What could not be read, a line each.
    pub(crate) problems: Vec<String>,
}

impl Told {
    /// An answer as a report, made by what was typed so.
    pub(crate) fn of(answer: Answer, question: &Question, typed: Vec<String>) -> Self {
        let settings = question.settings();
        Self {
            report: Report {
                tool: Tool {
                    version: env!("CARGO_PKG_VERSION"),
                    arguments: typed,
                    ladder_command: None,
                },
                capture: answer.capture,
                diagnosis: answer.diagnosis,
                settings: Settings {
                    tracker: settings.tracker,
                    selection: settings.selection,
                    listed_attempts: settings.listed_attempts,
                    ..Settings::default()
                },
                shows_names: true,
                handover: Handover::default(),
            },
            problems: answer.problems,
        }
    }
}

type Known = HashMap<Vec<String>, Arc<OnceCell<Arc<Told>>>>;

/// Asks, and remembers what was answered.
#[derive(Debug)]
pub(crate) struct Answers {
    fleet: Arc<Fleet>,
    question: Question,
    known: Mutex<Known>,
}

impl Answers {
    pub(crate) fn new(fleet: Arc<Fleet>, question: Question) -> Self {
        Self {
            fleet,
            question,
            known: Mutex::default(),
        }
    }

    /// What everything at these places says.
    pub(crate) async fn of(&self, typed: &[String]) -> Result<Arc<Told>> {
        let answer = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(typed.to_vec()).or_default())
        };
        let ask = || async {
            let answer = self.fleet.ask(typed, &self.question).await?;
            Ok::<_, DataFusionError>(Arc::new(Told::of(answer, &self.question, typed.to_vec())))
        };
        answer.get_or_try_init(ask).await.map(Arc::clone)
    }

    /// Forgets what was answered: captures grow.
    pub(crate) fn forget(&self) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
