"""The overview page: each hand with its deposits, their table, their key slices. 1600 × 1200 RGB.

Viewers write patient, series, window and zoom over the corners of a picture: these stay empty, and what is at the top
and the bottom stands in the middle. OHIF takes 100 pixels at the top, where its player covers the middle from the 50th
on, and 75 at the bottom.
"""

from typing import Final

from node.domain.findings import Analysis, Deposit, Findings, Hand, Laterality, Material, Outcome
from node.domain.hand_wording import calcinosis_words, osteolysis_words, other_words, part_words, score_words
from node.domain.volume import EnergyPair
from node.domain.wording import DISCLAIMER, MATERIAL_RGB, MATERIAL_WORDS, axes_words, hand_words, place_words, plain
from node.render.canvas import FAINT, PANEL, RULE, TEXT, WARNING, Canvas, RgbArray, shortened, text_width, wrapped
from node.render.hand_view import HandView, Scene, hand_view
from node.render.key_slices import key_slice

WIDTH: Final = 1600
HEIGHT: Final = 1200
EDGE: Final = 24
TOP: Final = 104
BOTTOM: Final = 80
_VIEW_WIDTH: Final = 960
_VIEW_HEIGHT: Final = 682
_TABLE_X: Final = EDGE + _VIEW_WIDTH + 20
_TILE: Final = 244
_TILES: Final = 6
_TILE_Y: Final = TOP + _VIEW_HEIGHT + 20
_ROW: Final = 25
_CALLOUT: Final = 46
_PART_LINES: Final = 4
_COLUMNS: Final = (
    (0, "la", "#"),
    (34, "la", "Place"),
    (352, "ra", "mm3"),
    (426, "ra", "mg"),
    (444, "la", "Material"),
)


def overview(pair: EnergyPair, analysis: Analysis, version: str) -> RgbArray:
    """The page, uint8 (1200, 1600, 3). What does not fit is said to be in the report."""
    canvas = Canvas(WIDTH, HEIGHT)
    _frame(canvas, analysis.findings, f"{pair.low_tube} / {pair.high_tube}", version)
    _hands(canvas, pair, analysis)
    _table(canvas, analysis.findings)
    _key_slices(canvas, pair, analysis)
    return canvas.rgb()


def notice(title: str, sentences: tuple[str, ...], version: str) -> RgbArray:
    """A page of text that says why a study was not measured, uint8 (600, 1600, 3)."""
    canvas = Canvas(WIDTH, 600)
    _banner(canvas, title, "", version, 600)
    y = TOP + 6.0
    for sentence in sentences:
        for line in wrapped(sentence, 24, WIDTH - 2 * EDGE):
            canvas.text(EDGE, y, line, 24)
            y += 34
        y += 14
    return canvas.rgb()


def _banner(canvas: Canvas, title: str, subtitle: str, version: str, height: int) -> None:
    """Title and subtitle side by side, and what the picture is not good for, in the middle of the page."""
    gap = 24 if subtitle else 0
    x = (WIDTH - text_width(title, 30) - gap - text_width(subtitle, 18)) / 2
    canvas.text(x, 42, title, 30, TEXT, "ls")
    canvas.text(x + text_width(title, 30) + gap, 42, subtitle, 18, FAINT, "ls")
    canvas.text(WIDTH / 2, height - BOTTOM + 22, f"{DISCLAIMER} - Calcinode {version}", 20, WARNING, "mm")


def _frame(canvas: Canvas, findings: Findings, energies: str, version: str) -> None:
    partial = " - PARTIAL" if findings.outcome is Outcome.PARTIAL else ""
    _banner(canvas, f"Soft-tissue calcinosis of the hands{partial}", f"dual-energy CT, {energies}", version, HEIGHT)
    dashed = "dashed: for review, not in totals"
    widths = {material: 50 + text_width(MATERIAL_WORDS[material], 18) for material in Material}
    x = (WIDTH - sum(widths.values()) - text_width(dashed, 18)) / 2
    for material, width in widths.items():
        canvas.box(x, HEIGHT - BOTTOM + 45, 18, 18, MATERIAL_RGB[material], 4)
        canvas.text(x + 26, HEIGHT - BOTTOM + 43, MATERIAL_WORDS[material], 18)
        x += width
    canvas.text(x, HEIGHT - BOTTOM + 43, dashed, 18, FAINT)


def _hands(canvas: Canvas, pair: EnergyPair, analysis: Analysis) -> None:
    """The hands beside one another as the picture of two hands is read: the right hand on the left."""
    hands = analysis.findings.hands
    scene = Scene.of(analysis)
    order = sorted(range(len(hands)), key=lambda n: (hands[n].laterality is Laterality.LEFT, n))
    width = _VIEW_WIDTH // max(1, len(hands)) - (8 if len(hands) > 1 else 0)
    for place, number in enumerate(order):
        x = EDGE + place * (width + 16)
        canvas.box(x, TOP, width, _VIEW_HEIGHT)
        view = hand_view(pair.low, analysis, scene, number, (width - 2 * _CALLOUT, _VIEW_HEIGHT - 60))
        left = x + (width - view.rgb.shape[1]) // 2
        top = TOP + 46 + (_VIEW_HEIGHT - 56 - view.rgb.shape[0]) // 2
        canvas.paste(_on_panel(view.rgb), left, top)
        canvas.text(x + 16, TOP + 12, hand_words(hands[number].laterality), 24)
        canvas.text(x + 16, TOP + 42, "seen from the back" if view.from_back else "side of view uncertain", 16, FAINT)
        _callouts(canvas, hands[number], view, (left, top), (x, width))


def _on_panel(rgb: RgbArray) -> RgbArray:
    """Black of the X-ray lifted to the panel's colour, so that it has no edge."""
    floor = rgb.copy()
    for channel, level in enumerate(PANEL):
        floor[..., channel] = (level + rgb[..., channel].astype(float) * (255 - level) / 255).astype(rgb.dtype)
    return floor


def _callouts(canvas: Canvas, hand: Hand, view: HandView, corner: tuple[int, int], panel: tuple[int, int]) -> None:
    """Numbers at the nearer edge of the panel, in the order of height, each with a line to its deposit."""
    middle = view.rgb.shape[1] / 2
    colours = {d.number: MATERIAL_RGB[d.material] for d in hand.deposits}
    for on_left in (True, False):
        side = [(y, n) for n, (x, y) in view.centres.items() if (x < middle) is on_left]
        badge_x = panel[0] + 22 if on_left else panel[0] + panel[1] - 22
        heights = _spread([corner[1] + y for y, _ in sorted(side)], 31, TOP + 60, TOP + _VIEW_HEIGHT - 20)
        for badge_y, (y, number) in zip(heights, sorted(side), strict=True):
            target = corner[0] + view.centres[number][0], corner[1] + y
            canvas.line([(badge_x, badge_y), target], colours[number])
            canvas.badge(badge_x, badge_y, str(number), colours[number])


def _spread(heights: list[float], gap: float, top: float, bottom: float) -> list[float]:
    """The sorted ``heights`` moved as little as needed to lie at least ``gap`` apart, as far as there is room."""
    gap = min(gap, (bottom - top) / max(1, len(heights)))
    placed: list[float] = []
    for n, height in enumerate(heights):
        lowest = bottom - gap * (len(heights) - 1 - n)
        placed.append(min(max(height, placed[-1] + gap if placed else top), lowest))
    return placed


def _table(canvas: Canvas, findings: Findings) -> None:
    """For each hand its totals and its deposits."""
    y = float(TOP)
    last = TOP + _VIEW_HEIGHT - _ROW
    limits = {limit for hand in findings.hands for limit in hand.limits}
    reasons = [reason for reason in findings.reasons if reason not in limits]
    for reason in reasons:
        for line in wrapped(reason, 17, WIDTH - EDGE - _TABLE_X):
            canvas.text(_TABLE_X, y, line, 17, WARNING)
            y += 22
    y += 14 if reasons else 0
    room = int((last - y - sum(_head_height(hand, findings) for hand in findings.hands)) // _ROW)
    wanted = [len(hand.deposits) for hand in findings.hands]
    shown = _shares(wanted, room if sum(wanted) <= room else room - len(wanted))  # a line for what is left out
    for hand, count in zip(findings.hands, shown, strict=True):
        y = _hand_head(canvas, hand, findings, y)
        y = _rows(canvas, hand, count, y)
        y += 18


def _shares(wanted: list[int], room: int) -> list[int]:
    """How many rows each hand may show: all if there is room, else equal parts, and the rest to whom needs it."""
    shares = [min(n, max(1, room // max(1, len(wanted)))) for n in wanted]
    for n, want in enumerate(wanted):
        shares[n] = min(want, max(shares[n], room - sum(shares) + shares[n]))
    return shares


def _limit_lines(hand: Hand) -> list[str]:
    return [line for limit in hand.limits for line in wrapped(limit, 16, WIDTH - EDGE - _TABLE_X)][:4]


def _fact_lines(hand: Hand, findings: Findings) -> list[str]:
    """What is known of the hand besides its calcinosis, and what is not listed; of many parts the first lines."""
    facts = [other_words(hand, findings), osteolysis_words(hand), score_words(hand)]
    facts += [line for note in hand.notes for line in wrapped(note, 16, WIDTH - EDGE - _TABLE_X)]
    parts = wrapped("; ".join(part_words(hand)), 16, WIDTH - EDGE - _TABLE_X)
    if len(parts) > _PART_LINES:
        parts = [*parts[: _PART_LINES - 1], "... more parts: see the report"]
    return [line for line in (*facts, *parts) if line]


def _head_height(hand: Hand, findings: Findings) -> float:
    facts, limits = len(_fact_lines(hand, findings)), len(_limit_lines(hand))
    return 32 + 23 + 21 * (facts + limits) + 6 + _ROW + 18


def _hand_head(canvas: Canvas, hand: Hand, findings: Findings, y: float) -> float:
    canvas.text(_TABLE_X, y, hand_words(hand.laterality), 24)
    y += 32
    canvas.text(_TABLE_X, y, calcinosis_words(hand, findings), 18)
    y += 23
    lines = [(line, FAINT) for line in _fact_lines(hand, findings)] + [(line, WARNING) for line in _limit_lines(hand)]
    for line, colour in lines:
        canvas.text(_TABLE_X, y, line, 16, colour)
        y += 21
    return y + 6


def _rows(canvas: Canvas, hand: Hand, count: int, y: float) -> float:
    if not hand.deposits:
        return y
    for x, anchor, title in _COLUMNS:
        canvas.text(_TABLE_X + x, y, title, 16, FAINT, anchor)
    y += _ROW - 2
    canvas.line([(_TABLE_X, y - 3), (WIDTH - EDGE, y - 3)], RULE)
    largest = sorted(sorted(hand.deposits, key=lambda d: -d.volume_mm3)[:count], key=lambda d: d.number)
    for deposit in largest:
        _row(canvas, deposit, hand, y)
        y += _ROW
    if count < len(hand.deposits):
        canvas.text(_TABLE_X, y, f"{len(hand.deposits) - count} smaller deposits: see the report", 16, FAINT)
        y += _ROW
    return y


def _row(canvas: Canvas, deposit: Deposit, hand: Hand, y: float) -> None:
    place = place_words(deposit, hand.laterality).removeprefix("right ").removeprefix("left ")
    place = place.removesuffix(", side uncertain") + (" (at bone)" if deposit.touches_bone else "")
    mass = "-" if deposit.mass_mg is None else f"{deposit.mass_mg:.1f}"
    material = MATERIAL_WORDS[deposit.material].lower() + (" ?" if deposit.review else "")
    cells = (str(deposit.number), place, f"{deposit.volume_mm3:.1f}", mass, material)
    for (x, anchor, _), cell in zip(_COLUMNS, cells, strict=True):
        colour = MATERIAL_RGB[deposit.material] if x in (0, 444) else TEXT
        canvas.text(_TABLE_X + x, y, cell, 17, colour, anchor)


def _key_slices(canvas: Canvas, pair: EnergyPair, analysis: Analysis) -> None:
    """The six largest deposits, those for review last."""
    sides = {d.number: hand.laterality for hand in analysis.findings.hands for d in hand.deposits}
    chosen = sorted(analysis.findings.deposits, key=lambda d: (d.review, -d.volume_mm3))[:_TILES]
    step = (WIDTH - 2 * EDGE - _TILE) / (_TILES - 1)
    for n, deposit in enumerate(chosen):
        x = EDGE + int(n * step)
        canvas.paste(key_slice(pair.low, analysis, deposit, _TILE), x, _TILE_Y)
        canvas.badge(x + 20, _TILE_Y + 20, str(deposit.number), MATERIAL_RGB[deposit.material])
        place = shortened(place_words(deposit, sides[deposit.number]), 14, _TILE)
        captions = (place, shortened(deposit.compartment or "", 14, _TILE), _size_caption(deposit))
        for line, caption in enumerate(filter(None, captions)):
            canvas.text(x, _TILE_Y + _TILE + 6 + 20 * line, caption, 14, FAINT)
    if not chosen:
        canvas.text(WIDTH / 2, _TILE_Y + _TILE / 2, "No deposit to show", 24, FAINT, "mm")


def _size_caption(deposit: Deposit) -> str:
    """Shape and axes; where the tile is too narrow for both it is the shape that is shortened."""
    axes = plain(f", {axes_words(deposit)}")
    return shortened(deposit.shape, 14, _TILE - text_width(axes, 14)) + axes
