"""Letters of other scripts that pass for a Latin one: Cyrillic, Greek, Cherokee, Armenian...

By what they show, not by what they sound like. Digits are not here: `O` for `0` is another code.
"""

from __future__ import annotations

_PASS_FOR = {
    "A": "АΑᎪᗅꓮ",
    "B": "ВΒᏴᏼᗷꓐ",
    "C": "СϹᏟꓚ",
    "D": "ᎠᗞꓓԀ",
    "E": "ЕΕᎬꓰЄ",
    "F": "ϜᖴꓝҒ",
    "G": "ԌᏀᏳꓖ",
    "H": "НΗᎻᕼꓧҢ",
    "I": "ІΙӀᏆꓲ",
    "J": "ЈͿᎫᒍꓙ",
    "K": "КΚᏦꓗҚ",
    "L": "ᏞᒪꓡԼ",
    "M": "МΜᎷᗰꓟϺ",
    "N": "ΝꓠԊ",
    "O": "ОΟՕꓳⲞ",
    "P": "РΡᏢᑭꓑ",
    "Q": "ԚႳ",
    "R": "ᎡᏒᖇꓣ",
    "S": "ЅՏᏚꓢ",
    "T": "ТΤᎢꓔ",
    "U": "ՍꓴԱ",
    "V": "ѴᏙᐯꓦ",
    "W": "ԜᎳᏔꓪ",
    "X": "ХΧ᙭ꓫҲ",
    "Y": "УΥҮᎩꓬϒ",
    "Z": "ΖᏃꓜ",
    "a": "аαɑᴀ",
    "b": "вьʙƄᏏ",
    "c": "сϲᴄ",
    "d": "ԁɗᴅᏧ",
    "e": "еєҽεᴇ",
    "f": "ƒꜰ",
    "g": "ɡɢցԍ",
    "h": "нһհʜ",
    "i": "іιıɪɩ",
    "j": "јյϳᴊ",
    "k": "кκᴋқ",
    "l": "ӏʟⅼ",
    "m": "мᴍ",
    "n": "ηոɴп",
    "o": "оοօσᴏ",
    "p": "рρᴘ",
    "q": "ԛզգ",
    "r": "гʀ",
    "s": "ѕꜱ",
    "t": "тτᴛ",
    "u": "υսᴜμ",
    "v": "ѵνᴠ",
    "w": "ԝωᴡա",
    "x": "хχҳ",
    "y": "уүγʏ",
    "z": "ᴢ",
}

LATIN_FOR = {like: letter for letter, all_like in _PASS_FOR.items() for like in all_like}
"""The Latin letter for each that passes for one."""
