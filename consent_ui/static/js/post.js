// Sends the answer on to the app; without this file the button does.
document.getElementById("form-post").submit();
