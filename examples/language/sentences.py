"""The same everyday sentences in five languages, written for this example."""

SENTENCES = {
    "de": """Guten Morgen, wie geht es Ihnen heute?
Wo ist der nächste Bahnhof?
Ich hätte gerne einen Kaffee mit Milch und ein Stück Kuchen.
Der Zug nach Norden fährt in zehn Minuten ab.
Meine Schwester arbeitet seit drei Jahren in einem Krankenhaus.
Es hat die ganze Nacht geregnet, und die Straßen sind noch nass.
Können Sie mir bitte helfen, diesen Koffer zu tragen?
Wir haben gestern Abend einen sehr guten Film gesehen.
Das Schiff verlässt den Hafen bei Sonnenaufgang.
Die Kinder spielen im Garten hinter dem Haus.
Ich habe meinen Schlüssel verloren und komme nicht in die Wohnung.
Was kostet dieses rote Hemd im Schaufenster?
Das Geschäft ist sonntags und an Feiertagen geschlossen.
Er liest jeden Morgen die Zeitung, bevor er zur Arbeit geht.
Bitte schicken Sie mir die Rechnung per E-Mail.
Mein Paket ist noch nicht angekommen, obwohl es vor einer Woche verschickt wurde.
Sie spricht vier Sprachen, aber keine davon besonders gut.
Im Winter sind die Berge mit Schnee bedeckt.
Haben Sie ein freies Zimmer für zwei Nächte?
Der Arzt hat gesagt, dass ich mehr Wasser trinken soll.
Wir müssen uns beeilen, sonst verpassen wir den Bus.
Alle Menschen wollen in Frieden leben.
Die Batterie meines Telefons ist fast leer.
Am Samstag feiern wir den Geburtstag meiner Großmutter.
Dieses Brot ist frisch und riecht wunderbar.
Warum hast du gestern nicht angerufen?
Die Regierung hat ein neues Gesetz über den Verkehr beschlossen.
Der alte Mann sitzt auf einer Bank und füttert die Vögel.
Ich verstehe nicht, was du damit sagen willst.
Das Wasser im See ist heute viel zu kalt zum Schwimmen.
Unsere Nachbarn haben zwei Hunde und eine schwarze Katze.
Man kann die Karten an der Kasse oder im Internet kaufen.
Nach dem Essen gehen wir am Fluss spazieren.
Ihr Vater war Lehrer, und ihre Mutter malte Bilder.
Die Maschine macht seit heute Morgen ein seltsames Geräusch.
Wenn ich mehr Zeit hätte, würde ich ein Buch schreiben.
Der Preis für Gemüse ist in diesem Jahr stark gestiegen.
Hier darf man weder rauchen noch laut sprechen.
Das Kind hat Angst vor dem Gewitter.
Wir suchen eine Wohnung mit Balkon in der Nähe des Parks.
Die Sitzung beginnt pünktlich um neun Uhr.
Sie hat den ganzen Tag gearbeitet und ist jetzt müde.
Kannst du mir sagen, wie spät es ist?
Der Schlüssel liegt unter der Matte neben der Tür.
Im Sommer fahren viele Familien ans Meer.
Der Lehrer erklärt die Aufgabe noch einmal.
Ich freue mich sehr, dass du mitkommst.
Das Fenster war offen, und der Wind hat die Papiere weggeblasen.""",
    "en": """Good morning, how are you today?
Where is the nearest railway station?
I would like a coffee with milk and a piece of cake.
The train to the north leaves in ten minutes.
My sister has been working in a hospital for three years.
It rained all night, and the streets are still wet.
Could you please help me to carry this suitcase?
We saw a very good film yesterday evening.
The ship leaves the harbour at sunrise.
The children are playing in the garden behind the house.
I have lost my key and cannot get into the flat.
How much is this red shirt in the window?
The shop is closed on Sundays and on holidays.
He reads the newspaper every morning before he goes to work.
Please send me the invoice by e-mail.
My parcel has not arrived yet, although it was sent a week ago.
She speaks four languages, but none of them very well.
In winter the mountains are covered with snow.
Do you have a free room for two nights?
The doctor said that I should drink more water.
We have to hurry, or we will miss the bus.
All people want to live in peace.
The battery of my phone is almost empty.
On Saturday we celebrate my grandmother's birthday.
This bread is fresh and smells wonderful.
Why did you not call yesterday?
The government has passed a new law about traffic.
The old man is sitting on a bench and feeding the birds.
I do not understand what you mean by that.
The water in the lake is much too cold for swimming today.
Our neighbours have two dogs and a black cat.
You can buy the tickets at the counter or on the internet.
After the meal we go for a walk along the river.
Her father was a teacher, and her mother painted pictures.
The machine has been making a strange noise since this morning.
If I had more time, I would write a book.
The price of vegetables has risen a lot this year.
Here one may neither smoke nor speak loudly.
The child is afraid of the thunderstorm.
We are looking for a flat with a balcony near the park.
The meeting starts at nine o'clock sharp.
She has worked all day and is tired now.
Can you tell me what time it is?
The key lies under the mat next to the door.
In summer many families go to the sea.
The teacher explains the exercise once more.
I am very happy that you are coming with us.
The window was open, and the wind blew the papers away.""",
    "es": """Buenos días, ¿cómo está usted hoy?
¿Dónde está la estación de tren más cercana?
Quisiera un café con leche y un trozo de tarta.
El tren hacia el norte sale en diez minutos.
Mi hermana trabaja en un hospital desde hace tres años.
Ha llovido toda la noche y las calles todavía están mojadas.
¿Podría ayudarme a llevar esta maleta, por favor?
Ayer por la noche vimos una película muy buena.
El barco sale del puerto al amanecer.
Los niños juegan en el jardín detrás de la casa.
He perdido mi llave y no puedo entrar en el piso.
¿Cuánto cuesta esta camisa roja del escaparate?
La tienda está cerrada los domingos y los días festivos.
Él lee el periódico todas las mañanas antes de ir al trabajo.
Por favor, envíeme la factura por correo electrónico.
Mi paquete aún no ha llegado, aunque fue enviado hace una semana.
Ella habla cuatro idiomas, pero ninguno muy bien.
En invierno las montañas están cubiertas de nieve.
¿Tiene una habitación libre para dos noches?
El médico dijo que debo beber más agua.
Tenemos que darnos prisa o perderemos el autobús.
Todas las personas quieren vivir en paz.
La batería de mi teléfono está casi vacía.
El sábado celebramos el cumpleaños de mi abuela.
Este pan está fresco y huele de maravilla.
¿Por qué no llamaste ayer?
El gobierno ha aprobado una nueva ley sobre el tráfico.
El anciano está sentado en un banco y da de comer a los pájaros.
No entiendo lo que quieres decir con eso.
El agua del lago está hoy demasiado fría para nadar.
Nuestros vecinos tienen dos perros y un gato negro.
Las entradas se pueden comprar en la taquilla o por internet.
Después de la comida damos un paseo por el río.
Su padre era maestro y su madre pintaba cuadros.
La máquina hace un ruido extraño desde esta mañana.
Si tuviera más tiempo, escribiría un libro.
El precio de las verduras ha subido mucho este año.
Aquí no se puede fumar ni hablar en voz alta.
El niño tiene miedo de la tormenta.
Buscamos un piso con balcón cerca del parque.
La reunión empieza a las nueve en punto.
Ha trabajado todo el día y ahora está cansada.
¿Puedes decirme qué hora es?
La llave está debajo de la alfombra, junto a la puerta.
En verano muchas familias van al mar.
La profesora explica el ejercicio otra vez.
Me alegro mucho de que vengas con nosotros.
La ventana estaba abierta y el viento se llevó los papeles.""",
    "fr": """Bonjour, comment allez-vous aujourd'hui ?
Où se trouve la gare la plus proche ?
Je voudrais un café au lait et une part de gâteau.
Le train vers le nord part dans dix minutes.
Ma sœur travaille dans un hôpital depuis trois ans.
Il a plu toute la nuit et les rues sont encore mouillées.
Pourriez-vous m'aider à porter cette valise, s'il vous plaît ?
Nous avons vu un très bon film hier soir.
Le bateau quitte le port au lever du soleil.
Les enfants jouent dans le jardin derrière la maison.
J'ai perdu ma clé et je ne peux pas entrer dans l'appartement.
Combien coûte cette chemise rouge dans la vitrine ?
Le magasin est fermé le dimanche et les jours fériés.
Il lit le journal tous les matins avant d'aller au travail.
Veuillez m'envoyer la facture par courriel.
Mon colis n'est pas encore arrivé, bien qu'il ait été envoyé il y a une semaine.
Elle parle quatre langues, mais aucune très bien.
En hiver, les montagnes sont couvertes de neige.
Avez-vous une chambre libre pour deux nuits ?
Le médecin a dit que je devais boire plus d'eau.
Nous devons nous dépêcher, sinon nous allons manquer le bus.
Tous les êtres humains veulent vivre en paix.
La batterie de mon téléphone est presque vide.
Samedi, nous fêtons l'anniversaire de ma grand-mère.
Ce pain est frais et sent merveilleusement bon.
Pourquoi n'as-tu pas appelé hier ?
Le gouvernement a adopté une nouvelle loi sur la circulation.
Le vieil homme est assis sur un banc et nourrit les oiseaux.
Je ne comprends pas ce que tu veux dire par là.
L'eau du lac est beaucoup trop froide pour nager aujourd'hui.
Nos voisins ont deux chiens et un chat noir.
On peut acheter les billets au guichet ou sur internet.
Après le repas, nous nous promenons au bord de la rivière.
Son père était instituteur et sa mère peignait des tableaux.
La machine fait un bruit étrange depuis ce matin.
Si j'avais plus de temps, j'écrirais un livre.
Le prix des légumes a beaucoup augmenté cette année.
Ici, il est interdit de fumer et de parler fort.
L'enfant a peur de l'orage.
Nous cherchons un appartement avec balcon près du parc.
La réunion commence à neuf heures précises.
Elle a travaillé toute la journée et elle est fatiguée maintenant.
Peux-tu me dire quelle heure il est ?
La clé se trouve sous le paillasson à côté de la porte.
En été, beaucoup de familles vont à la mer.
Le professeur explique l'exercice encore une fois.
Je suis très heureux que tu viennes avec nous.
La fenêtre était ouverte et le vent a emporté les papiers.""",
    "it": """Buongiorno, come sta oggi?
Dov'è la stazione ferroviaria più vicina?
Vorrei un caffè con latte e una fetta di torta.
Il treno per il nord parte tra dieci minuti.
Mia sorella lavora in un ospedale da tre anni.
Ha piovuto tutta la notte e le strade sono ancora bagnate.
Potrebbe aiutarmi a portare questa valigia, per favore?
Ieri sera abbiamo visto un film molto bello.
La nave lascia il porto all'alba.
I bambini giocano nel giardino dietro la casa.
Ho perso la chiave e non riesco a entrare nell'appartamento.
Quanto costa questa camicia rossa in vetrina?
Il negozio è chiuso la domenica e nei giorni festivi.
Lui legge il giornale ogni mattina prima di andare al lavoro.
Per favore, mi mandi la fattura per posta elettronica.
Il mio pacco non è ancora arrivato, anche se è stato spedito una settimana fa.
Lei parla quattro lingue, ma nessuna molto bene.
D'inverno le montagne sono coperte di neve.
Avete una camera libera per due notti?
Il medico ha detto che devo bere più acqua.
Dobbiamo sbrigarci, altrimenti perdiamo l'autobus.
Tutte le persone vogliono vivere in pace.
La batteria del mio telefono è quasi scarica.
Sabato festeggiamo il compleanno di mia nonna.
Questo pane è fresco e ha un profumo meraviglioso.
Perché non hai chiamato ieri?
Il governo ha approvato una nuova legge sul traffico.
Il vecchio è seduto su una panchina e dà da mangiare agli uccelli.
Non capisco che cosa vuoi dire con questo.
L'acqua del lago oggi è troppo fredda per nuotare.
I nostri vicini hanno due cani e un gatto nero.
I biglietti si possono comprare alla cassa o su internet.
Dopo il pranzo facciamo una passeggiata lungo il fiume.
Suo padre era insegnante e sua madre dipingeva quadri.
La macchina fa uno strano rumore da questa mattina.
Se avessi più tempo, scriverei un libro.
Il prezzo della verdura è aumentato molto quest'anno.
Qui non si può fumare né parlare ad alta voce.
Il bambino ha paura del temporale.
Cerchiamo un appartamento con balcone vicino al parco.
La riunione comincia alle nove in punto.
Ha lavorato tutto il giorno e adesso è stanca.
Puoi dirmi che ore sono?
La chiave è sotto lo zerbino accanto alla porta.
D'estate molte famiglie vanno al mare.
L'insegnante spiega l'esercizio ancora una volta.
Sono molto contento che tu venga con noi.
La finestra era aperta e il vento ha portato via i fogli.""",
}


def split():
    """
    Every fourth sentence is held out, in all languages the same ones.

    Returns [(text, language)] for training, and as much for the test.
    """
    pairs = [
        (index, text, language)
        for language, texts in SENTENCES.items()
        for index, text in enumerate(texts.split("\n"))
    ]
    train = [(text, language) for index, text, language in pairs if index % 4 != 3]
    return train, [(text, language) for index, text, language in pairs if index % 4 == 3]


def fragments(sentences, lengths):
    """Every run of so many words, for each of the lengths: people write less than sentences."""
    return [
        (" ".join(words[start : start + length]), language)
        for text, language in sentences
        for words in [text.split(" ")]
        for length in lengths
        for start in range(len(words) - length + 1)
    ]
