"""`cti serve` as far as no process is needed."""

from click.testing import CliRunner

from cti.cli import main


def test_a_reload_that_nobody_heard_is_said(tmp_path):
    cti = CliRunner()
    assert cti.invoke(main, ["init", str(tmp_path)]).exit_code == 0
    told = cti.invoke(main, ["--home", str(tmp_path), "serve", "--reload"])
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr == "error: no engine runs here; it reads site.yaml and agents when it starts: cti serve\n"
