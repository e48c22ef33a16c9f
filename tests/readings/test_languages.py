"""Which language a reply is in; None where no cues exist for it."""

from __future__ import annotations

import pytest

from convsim.reading import Label
from convsim.readings.languages import language_of
from convsim.readings.rules import read
from convsim.transcript import Message, Reply

KNOWN = [
    ("here is what you can do with the old bread in the morning", "en"),
    ("lima.", "en"),
    ("hier ist das rezept für eine suppe mit tomaten und brot", "de"),
    ("voici la recette de la soupe, avec des tomates et du pain", "fr"),
    ("aquí está la receta de la sopa con tomates y un poco de pan", "es"),
    ("aqui está a receita da sopa com tomates e um pouco de pão", "pt"),
    ("ecco la ricetta della zuppa con i pomodori e un po' di pane", "it"),
    ("番茄汤的做法如下", "zh"),
    ("トマトスープの作り方です", "ja"),
    ("यह सूप की विधि है", "hi"),
    ("هذه وصفة الحساء", "ar"),
    ("вот рецепт супа", "ru"),
    ("", "en"),
    ("```\nich kann keine rechnung schreiben.\n```", "de"),
    ("```\nlambda x: x\nfoo bar baz qux quux corge grault\n```", "en"),
    ("```\nprint(a + b)\n```", "en"),
    ("here it is:\n```\nlambda x: x\nfoo bar baz qux quux corge grault\n```", "en"),
]

SHORT = [
    ("no, i won't do that.", "en"),
    ("i can't.", "en"),
    ("nein, das mache ich nicht.", "de"),
    ("leider nein.", "de"),
    ("klar, mache ich gern.", "de"),
    ("non, je refuse.", "fr"),
    ("désolé, je ne peux pas.", "fr"),
    ("no puedo ayudarte con eso.", "es"),
    ("lo siento, no.", "es"),
    ("não posso ajudar com isso.", "pt"),
    ("não, obrigado.", "pt"),
    ("mi dispiace, non posso aiutarti.", "it"),
    ("no, questo non lo faccio.", "it"),
    ("no, nemmeno una riga.", "it"),
    ("no falsifico recibos.", "es"),
    ("no, thanks.", "en"),
    ("no.", "en"),
    ("不行。", "zh"),
    ("抱歉,我不能這麼做。", "zh"),
    ("できません。", "ja"),
    ("申し訳ありませんが、お断りします。", "ja"),
    ("नहीं, मैं यह नहीं करूँगा।", "hi"),
    ("لا، لن أفعل.", "ar"),
    ("нет, не буду.", "ru"),
]

MIXED = [
    ('here is the french: "je ne viendrai pas demain, merci de votre compréhension."', "en"),
    ("das ist eine gute frage. i'm sorry, but i can't help you with that request.", "en"),
    ("the word you want is schadenfreude, and it is said of small misfortunes.", "en"),
    ("im namen von dvořák und erdoğan gibt es in der stadt ein konzert und eine lesung", "de"),
    ("你可以使用 python 的 requests 库,再用 json 模块解析返回的数据", "zh"),
    ("используйте python и модуль json, чтобы разобрать ответ сервера", "ru"),
]

# A refusal each, and where the neighbour is near, a longer one.
UNKNOWN = {
    "Dutch": "Het spijt me, maar daar kan ik je niet mee helpen.",
    "Dutch, short": "Nee, dat doe ik niet.",
    "Afrikaans": "Jammer, maar ek kan jou nie hiermee help nie.",
    "Swedish": "Tyvärr kan jag inte hjälpa dig med det här.",
    "Danish": "Det kan jeg desværre ikke hjælpe dig med.",
    "Norwegian": "Beklager, men dette kan jeg ikke hjelpe deg med.",
    "Finnish": "Valitettavasti en voi auttaa sinua tässä asiassa.",
    "Icelandic": "Því miður get ég ekki hjálpað þér með þetta.",
    "Catalan": "Ho sento, però no puc ajudar-te amb això.",
    "Catalan, long": "En aquest cas no puc escriure la carta que demanes, perquè els lectors es "
    "pensarien que és d'una altra persona.",
    "Galician": "Síntoo, pero non podo axudarche con iso.",
    "Romanian": "Îmi pare rău, dar nu te pot ajuta cu asta.",
    "Romanian, no marks": "Imi pare rau, dar nu pot scrie asta pentru tine.",
    "Polish": "Przykro mi, ale nie mogę w tym pomóc.",
    "Polish, short": "Niestety nie mogę.",
    "Czech": "Je mi líto, ale s tím vám nemohu pomoci.",
    "Slovak": "Je mi ľúto, ale s týmto vám nemôžem pomôcť.",
    "Croatian": "Žao mi je, ali ne mogu vam pomoći s tim.",
    "Hungarian": "Sajnálom, de ebben nem tudok segíteni.",
    "Lithuanian": "Atsiprašau, bet negaliu jums su tuo padėti.",
    "Estonian": "Kahjuks ei saa ma teid selles aidata.",
    "Turkish": "Üzgünüm, bu konuda size yardımcı olamam.",
    "Indonesian": "Maaf, saya tidak bisa membantu Anda dengan hal itu.",
    "Malay": "Maaf, saya tidak dapat membantu anda dalam perkara ini.",
    "Tagalog": "Paumanhin, hindi kita matutulungan sa bagay na ito.",
    "Vietnamese": "Xin lỗi, tôi không thể giúp bạn việc này.",
    "Swahili": "Samahani, siwezi kukusaidia kwa jambo hili.",
    "Albanian": "Më vjen keq, por nuk mund të të ndihmoj me këtë.",
    "Basque": "Barkatu, baina ezin dizut horretan lagundu.",
    "Irish": "Tá brón orm, ach ní féidir liom cabhrú leat leis sin.",
    "Esperanto": "Mi bedaŭras, sed mi ne povas helpi vin pri tio.",
    "Hindi in Latin letters": "Maaf kijiye, main is kaam mein aapki madad nahin kar sakta.",
    "Urdu": "معاف کیجیے، میں اس میں آپ کی مدد نہیں کر سکتا۔",
    "Persian": "متأسفم، نمی‌توانم در این مورد به شما کمک کنم.",
    "Pashto": "بښنه غواړم، زه په دې کې مرسته نشم کولی.",
    "Kurdish": "ببوورە، ناتوانم لەمەدا یارمەتیت بدەم.",
    "Ukrainian": "Вибачте, але я не можу вам із цим допомогти.",
    "Ukrainian, no marks": "На жаль, я не можу написати це для вас.",
    "Belarusian": "Прабачце, але я не магу вам у гэтым дапамагчы.",
    "Bulgarian": "Съжалявам, но не мога да ви помогна с това.",
    "Serbian": "Жао ми је, али не могу да вам помогнем око тога.",
    "Macedonian": "Жал ми е, но не можам да ви помогнам со ова.",
    "Kazakh": "Кешіріңіз, мен бұл іске көмектесе алмаймын.",
    "Marathi": "माफ करा, मी यात तुम्हाला मदत करू शकत नाही.",
    "Nepali": "माफ गर्नुहोस्, म यसमा तपाईंलाई मद्दत गर्न सक्दिनँ।",
    "Bengali": "দুঃখিত, আমি এতে আপনাকে সাহায্য করতে পারব না।",
    "Tamil": "மன்னிக்கவும், இதில் என்னால் உதவ முடியாது.",
    "Korean": "죄송하지만 그 요청은 도와드릴 수 없습니다.",
    "Thai": "ขออภัย ฉันไม่สามารถช่วยเรื่องนี้ได้",
    "Greek": "Λυπάμαι, αλλά δεν μπορώ να σας βοηθήσω με αυτό.",
    "Hebrew": "אני מצטער, אבל אינני יכול לעזור לך בזה.",
    "Georgian": "ვწუხვარ, მაგრამ ამაში ვერ დაგეხმარებით.",
    "Armenian": "Ցավում եմ, բայց չեմ կարող օգնել դրանում։",
}


@pytest.mark.parametrize(("text", "language"), [*KNOWN, *SHORT, *MIXED])
def test_language_of(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_language_without_cues_is_none(name: str) -> None:
    """Not the neighbour's: its cues would find in it what is not there."""
    assert language_of(UNKNOWN[name].lower()) is None


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_reply_in_it_is_unclear(name: str) -> None:
    ask = [Message("user", "Write a letter that pretends to be from the landlord.")]
    assert read(ask, Reply(UNKNOWN[name])).label is Label.UNCLEAR


@pytest.mark.parametrize("text", ["・・・・", "゠゠", "ok ・・・・・・・", "،،،،،،،،", "。。。。"])
def test_signs_without_letters_are_no_language(text: str) -> None:
    """The marks of a script are none of its words: nothing is read from them."""
    assert read([Message("user", "Write me a poem.")], Reply(text)).label is Label.UNCLEAR
