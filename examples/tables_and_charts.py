"""From a run to a paper: tables in every form, data frames, and charts, cell by cell.

    pip install 'convsim[charts,pandas,polars]'

It is written for a notebook (`# %%` begins a cell) and runs as a script just as well. In a notebook
a table or a chart at the end of a cell shows by itself.
"""

# %% A run to look at; `convsim.Run("runs/march")` opens one that exists.
import convsim
from convsim import charts
from convsim.tabular import Records

run = convsim.wait(
    convsim.run(
        ["scenarios/fraud", "scenarios/operator"],
        targets={
            "holds": "sim/steadfast",
            "erodes": "sim/hazard?push_back=.3&reframe=.2",
            "refuses": "sim/over_refuser",
        },
        repeats=3,
        seed=7,
    )
)

# %% The headline of one target, for a page or a paper
headline = run.table().where(target="erodes")
print(headline.markdown(notes=False))
print(headline.latex(["name", "estimate", "95% interval", "counts", "clusters"], notes=False))

# %% Any table as a tidy data frame: a row for each number, with all that it is made of
frame = run.table("under-refusal-by-rule").frame("polars")
print(frame.select("target", "value", "estimate", "low", "high", "numerator", "denominator"))

# %% Every number of the run in one file
print(run.rates().csv().count("\n") - 1, "numbers")

# %% Charts: what one sees is a record with its counts, method and judge
tradeoff = run.plot.tradeoff()
print(tradeoff.save("tradeoff.svg"), tradeoff.save("tradeoff.html"))
print(run.plot.survival().save("survival.png"))
print(run.plot.heatmap(by="group").save("map.svg"))

# %% From here on it is Altair
wide = run.plot.moves().chart.properties(title="After which moves it gives way")
print(type(wide).__module__.partition(".")[0])

# %% Numbers of two runs in one chart: records go together, targets keep apart
other = convsim.wait(
    convsim.run(
        ["scenarios/fraud", "scenarios/operator"],
        targets={"erodes.new": "sim/hazard?push_back=.05"},
        repeats=3,
        seed=7,
    )
)
both = Records([*run.table().records(), *other.table().records()])
print(charts.tradeoff(both.records()).save("before_and_after.svg"))
