//! What people ask most, as views over `attempts`.

use datafusion::error::Result;
use datafusion::prelude::SessionContext;

/// Which attempts failed.
macro_rules! has_failed {
    () => {
        "outcome not in ('established', 'pending', 'partial')"
    };
}

/// How many failed.
macro_rules! failed {
    () => {
        concat!("sum(case when ", has_failed!(), " then 1 else 0 end)")
    };
}

/// Their names, what each says, and how.
pub(crate) const VIEWS: &[(&str, &str, &str)] = &[
    (
        "failures",
        "the attempts that failed",
        concat!("select * from attempts where ", has_failed!()),
    ),
    (
        "worst_servers_per_hour",
        "per hour and server: attempts, and how many failed; servers without failures are left out",
        concat!(
            "select date_trunc('hour', started) as hour, server, count(*) as attempts, ",
            failed!(),
            " as failed from attempts where part_of is null group by 1, 2 having ",
            failed!(),
            " > 0",
        ),
    ),
    (
        "newly_failing",
        "servers that fail on the last day of the captures and did not on the day before",
        concat!(
            "with days as (select server, date_trunc('day', started) as day, ",
            failed!(),
            " as failed from attempts where part_of is null group by 1, 2), \
             last as (select max(day) as day from days) \
             select now.server, now.failed from days as now cross join last \
             left join days as before on before.server = now.server \
             and before.day = last.day - interval '1 day' \
             where now.day = last.day and now.failed > 0 and coalesce(before.failed, 0) = 0",
        ),
    ),
    (
        "clients",
        "per client: attempts, how many failed, at how many servers",
        concat!(
            "select client, count(*) as attempts, ",
            failed!(),
            " as failed, count(distinct server) as servers from attempts group by 1",
        ),
    ),
];

/// Makes them known.
pub(super) async fn register(session: &SessionContext) -> Result<()> {
    for (name, _, query) in VIEWS {
        let view = format!("create or replace view {name} as {query}");
        session.sql(&view).await?;
    }
    Ok(())
}
