// What a guest's page says beyond a site's, in the languages that our sites speak. English where one
// is missing.

const EN = {
  steps: "How far you have come",
  stages: { opened: "page open", "mic-ok": "microphone heard", waiting: "waiting for the studio" },
  mic: "Your microphone",
  micAbout: "Let this page listen for a moment. Nothing is sent.",
  micTry: "TRY THE MICROPHONE",
  micSpeak: "Say a sentence…",
  micHeard: "✓ You are heard on this device.",
  micRefused: "✕ The browser does not let this page listen: allow the microphone, then try again.",
  micInsecure: "✕ The browser lets a page listen only over https. Call the studio.",
  noLine: "Picture and sound come as the studio has agreed with you; nothing is sent by this page.",
  wait: "I AM HERE AND WAITING",
  waits: "WAITING (press if you must go)",
  youWait: "✓ The studio knows that you are waiting.",
};

const FR = {
  steps: "Où vous en êtes",
  stages: { opened: "page ouverte", "mic-ok": "micro entendu", waiting: "en attente du studio" },
  mic: "Votre micro",
  micAbout: "Laissez cette page écouter un instant. Rien n’est transmis.",
  micTry: "ESSAYER LE MICRO",
  micSpeak: "Dites une phrase…",
  micHeard: "✓ On vous entend sur cet appareil.",
  micRefused: "✕ Le navigateur ne laisse pas cette page écouter : autorisez le micro, puis réessayez.",
  micInsecure: "✕ Le navigateur ne laisse écouter une page qu’en https. Appelez le studio.",
  noLine: "L’image et le son passent comme convenu avec le studio ; cette page ne transmet rien.",
  wait: "JE SUIS LÀ ET J’ATTENDS",
  waits: "EN ATTENTE (appuyer si vous devez partir)",
  youWait: "✓ Le studio sait que vous attendez.",
};

const ES = {
  steps: "Hasta dónde ha llegado",
  stages: { opened: "página abierta", "mic-ok": "micrófono oído", waiting: "esperando al estudio" },
  mic: "Su micrófono",
  micAbout: "Deje que esta página escuche un momento. No se envía nada.",
  micTry: "PROBAR EL MICRÓFONO",
  micSpeak: "Diga una frase…",
  micHeard: "✓ Se le oye en este aparato.",
  micRefused: "✕ El navegador no deja escuchar a esta página: permita el micrófono y pruebe otra vez.",
  micInsecure: "✕ El navegador solo deja escuchar a una página por https. Llame al estudio.",
  noLine: "Imagen y sonido llegan como acordó con el estudio; esta página no envía nada.",
  wait: "ESTOY AQUÍ Y ESPERO",
  waits: "ESPERANDO (pulse si debe irse)",
  youWait: "✓ El estudio sabe que usted espera.",
};

const PT = {
  steps: "Até onde você chegou",
  stages: { opened: "página aberta", "mic-ok": "microfone ouvido", waiting: "esperando o estúdio" },
  mic: "Seu microfone",
  micAbout: "Deixe esta página ouvir por um momento. Nada é enviado.",
  micTry: "TESTAR O MICROFONE",
  micSpeak: "Diga uma frase…",
  micHeard: "✓ Ouve-se você neste aparelho.",
  micRefused: "✕ O navegador não deixa esta página ouvir: permita o microfone e tente de novo.",
  micInsecure: "✕ O navegador só deixa uma página ouvir por https. Ligue para o estúdio.",
  noLine: "Imagem e som chegam como combinado com o estúdio; esta página não envia nada.",
  wait: "ESTOU AQUI E ESPERO",
  waits: "ESPERANDO (toque se precisar sair)",
  youWait: "✓ O estúdio sabe que você espera.",
};

const KNOWN = { en: EN, fr: FR, es: ES, pt: PT };

export function guestWords(language) {
  return KNOWN[language?.split("-")[0]] ?? EN;
}
