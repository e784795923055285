//! How packets are put in order, and divided.

use std::sync::Arc;

use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::Schema;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};

use super::wire::column;

/// The order in which one reader of all captures would have met the packets: by what the clock of
/// their source showed then, packets of one time by source and number.
pub(crate) fn capture_order(schema: &Schema) -> Result<LexOrdering> {
    let by = [column::CLOCK, column::SOURCE, column::NUMBER].map(|(name, _)| {
        let column = Column::new_with_schema(name, schema)?;
        Ok(PhysicalSortExpr::new(
            Arc::new(column),
            SortOptions::default(),
        ))
    });
    let by: Result<Vec<PhysicalSortExpr>> = by.into_iter().collect();
    LexOrdering::new(by?).ok_or_else(|| DataFusionError::Internal("no order".to_owned()))
}

/// By what packets are divided, so that those of one flow stay together.
pub(crate) fn flow() -> Arc<dyn PhysicalExpr> {
    let (name, index) = column::FLOW;
    Arc::new(Column::new(name, index))
}
